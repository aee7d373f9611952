process.stderr.write('synos: `bench` is not written yet: tools/bench/main.ts is a placeholder\n');
process.exit(1);
