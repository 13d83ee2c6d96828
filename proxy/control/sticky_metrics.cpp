#include "proxy/control/sticky_metrics.h"

#include <algorithm>

#include "core/base/text.h"

namespace limpet {
namespace {

constexpr std::string_view kName = "limpet_sticky_decisions_total";

std::string label_of(StickyReason reason) {
  std::string label(to_string(reason));
  std::replace(label.begin(), label.end(), ' ', '_');
  return label;
}

}  // namespace

std::string sticky_metrics(const std::vector<std::unique_ptr<Worker>>& workers) {
  std::string text = str_cat("# HELP ", kName,
                             " Requests where sessions stick, by what decided where they went.\n"
                             "# TYPE ",
                             kName, " counter\n");
  for (size_t i = 0; i < kStickyReasons; ++i) {
    const auto reason = static_cast<StickyReason>(i);
    if (reason == StickyReason::kNone) continue;
    uint64_t decisions = 0;
    for (const auto& worker : workers) decisions += worker->decisions(reason);
    text += str_cat(kName, "{reason=\"", label_of(reason), "\"} ", decisions, "\n");
  }
  return text;
}

}  // namespace limpet
