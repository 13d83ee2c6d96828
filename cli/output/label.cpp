#include "cli/output/label.h"

#include "cli/output/columns.h"
#include "core/base/text.h"

namespace limpet::cli {

std::string label_line(std::string_view label, std::string_view value) {
  const size_t gap = label.size() + 1 < kLabelWidth ? kLabelWidth - 1 - label.size() : 1;
  return str_cat(label, ":", std::string(gap, ' '), value.empty() ? "<none>" : value, "\n");
}

std::string time_text(absl::Time time, absl::Time now) {
  return str_cat(absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone()), " (",
                 age(time, now), " ago)");
}

}  // namespace limpet::cli
