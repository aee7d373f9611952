#ifndef CASES_H
#define CASES_H

/* Something that no program survives. */
struct fault {
  const char *name;
  int signal;       /* That the parent hears of. */
  void (*run)(void);
};

extern const struct fault faults[];
extern const int fault_count;

#endif
