#pragma once

#include <cstddef>

namespace limpet::cli {

// How wide the terminal is that the file descriptor is of: what COLUMNS says, else what the
// terminal does. 0: it is none, or does not say.
size_t terminal_columns(int fd);

}  // namespace limpet::cli
