#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

#include <absl/strings/numbers.h>

namespace limpet::cli {

size_t terminal_columns(int fd) {
  if (isatty(fd) != 1) return 0;
  size_t columns = 0;
  const char* given = std::getenv("COLUMNS");
  if (given != nullptr && absl::SimpleAtoi(given, &columns) && columns > 0) return columns;
  winsize size{};
  return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

}  // namespace limpet::cli
