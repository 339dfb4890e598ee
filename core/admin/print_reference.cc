// Prints docs/reference/api.md.
#include <cstdio>

#include "admin/api_reference.h"

int main() {
  return std::fputs(tenon::admin::api_reference().c_str(), stdout) < 0 ? 1 : 0;
}
