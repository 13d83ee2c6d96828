// Which objects, by their labels, as Kubernetes writes it:
// "team=shop, tier in (web, api), tier notin (test), canary, !legacy".
// Source: Kubernetes' labels and selectors (equality-based and set-based requirements).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "limpet/v1/resource.pb.h"

namespace limpet {

// Every requirement has to hold; without one, every object is selected. Immutable.
class LabelSelector {
 public:
  LabelSelector() = default;
  // INVALID_ARGUMENT says what is wrong and where.
  static absl::StatusOr<LabelSelector> parse(std::string_view text);

  bool empty() const { return requirements_.empty(); }
  bool selects(const google::protobuf::Map<std::string, std::string>& labels) const;

 private:
  struct Requirement {
    // kNoneOf holds, as in Kubernetes, also for an object without the label.
    enum class Operator { kExists, kAbsent, kOneOf, kNoneOf };
    std::string key;
    Operator op = Operator::kExists;
    std::vector<std::string> values;  // of the last two
  };
  class Parser;

  static bool holds(const Requirement& requirement,
                    const google::protobuf::Map<std::string, std::string>& labels);

  std::vector<Requirement> requirements_;
};

}  // namespace limpet
