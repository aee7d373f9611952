process.stderr.write('synos: `start` is not written yet: tools/start/main.ts is a placeholder\n');
process.exit(1);
