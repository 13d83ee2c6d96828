#include "cli/commands/progress_line.h"

#include <ostream>

#include "cli/output/width.h"

namespace limpet::cli {
namespace {

constexpr char kClear[] = "\r\x1b[K";  // to the line's beginning, and nothing behind it

}  // namespace

void ProgressLine::show(const std::string& text) {
  if (!session_.environment.progress) return;
  // In the last column some terminals begin a new line.
  const size_t columns = session_.environment.progress_columns;
  session_.err() << kClear << (columns > 1 ? shortened(text, columns - 1) : text) << std::flush;
  shown_ = true;
}

void ProgressLine::clear() {
  if (shown_) session_.err() << kClear << std::flush;
  shown_ = false;
}

}  // namespace limpet::cli
