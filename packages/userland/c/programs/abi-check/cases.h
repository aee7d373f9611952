#ifndef CASES_H
#define CASES_H

void check_registers(void);
void check_descriptors(void);
void check_errors(const char *own_path);
void check_socket_errors(void);

#endif
