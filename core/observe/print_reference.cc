// Prints a page of docs/reference: print_reference logs|metrics
#include <cstdio>
#include <string_view>

#include "observe/reference.h"

int main(int argc, char** argv) {
  const std::string_view page = argc == 2 ? argv[1] : "";
  if (page != "logs" && page != "metrics") {
    std::fputs("usage: print_reference logs|metrics\n", stderr);
    return 2;
  }
  const std::string text =
      page == "logs" ? tenon::observe::log_reference() : tenon::observe::metric_reference();
  return std::fputs(text.c_str(), stdout) < 0 ? 1 : 0;
}
