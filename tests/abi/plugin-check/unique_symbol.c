/* Has what g++ makes of a static variable of a template: a symbol that all copies in a process share. Linked
 * without plugin.map. */
#define ID "org.tenon.test.unique-symbol"
#define NAME "unique_symbol"
#include "plugin_under_test.h"

__asm__(
    ".pushsection .data\n"
    ".globl shared_by_all\n"
    ".type shared_by_all, %gnu_unique_object\n"
    ".size shared_by_all, 8\n"
    "shared_by_all: .quad 0\n"
    ".popsection");
