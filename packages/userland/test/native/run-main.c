/* Runs a program's `main`. */
int synos_main(int argc, char **argv, char **envp);

int main(int argc, char **argv, char **envp)
{
  return synos_main(argc, argv, envp);
}
