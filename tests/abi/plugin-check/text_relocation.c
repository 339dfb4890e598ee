/* Its code holds an address that the loader has to correct, as code without -fPIC does. */
#define ID "org.tenon.test.text-relocation"
#define NAME "text_relocation"
#include "plugin_under_test.h"

__asm__(
    ".pushsection .text\n"
    ".balign 8\n"
    ".quad .\n"
    ".popsection");
