#include "core/validate/field_order.h"

#include <algorithm>
#include <string>
#include <utility>

#include <absl/strings/numbers.h>

#include "core/base/text.h"

namespace limpet {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// For each step of a path: the field's place in its message, the index of a list's element (-1
// for the field itself), the key of a map's entry.
struct Step {
  int field = 0;
  int index = -1;
  std::string key;

  friend auto operator<=>(const Step&, const Step&) = default;
};

const FieldDescriptor* find_by_json_name(const Descriptor& message, std::string_view name) {
  for (int i = 0; i < message.field_count(); ++i) {
    if (message.field(i)->json_name() == name) return message.field(i);
  }
  return nullptr;
}

// "spec.rules[0].name". What stands in brackets may itself have dots, if it is a map's key.
std::vector<Step> steps_of(const Descriptor& object, std::string_view path) {
  std::vector<Step> steps;
  const Descriptor* message = &object;
  while (!path.empty() && message != nullptr) {
    const size_t end = path.find_first_of(".[");
    const FieldDescriptor* field = find_by_json_name(*message, path.substr(0, end));
    if (field == nullptr) break;
    Step step{.field = field->index(), .index = -1, .key = {}};
    path.remove_prefix(std::min(end, path.size()));
    if (!path.empty() && path[0] == '[') {
      // A map's entries are leaves, so that their bracket is the last one.
      const size_t close = field->is_map() ? path.rfind(']') : path.find(']');
      const std::string_view inside = path.substr(1, close - 1);
      if (!absl::SimpleAtoi(absl_view(inside), &step.index) || field->is_map()) {
        step.index = 0;
        step.key = std::string(inside);
      }
      path.remove_prefix(std::min(close, path.size() - 1) + 1);
    }
    if (!path.empty() && path[0] == '.') path.remove_prefix(1);
    steps.push_back(std::move(step));
    message = field->message_type();
  }
  return steps;
}

}  // namespace

std::vector<Violation> in_field_order(const Descriptor& object, std::vector<Violation> violations) {
  using Keyed = std::pair<std::vector<Step>, Violation>;
  std::vector<Keyed> keyed;
  keyed.reserve(violations.size());
  for (Violation& violation : violations) {
    std::vector<Step> steps = steps_of(object, violation.field);
    keyed.emplace_back(std::move(steps), std::move(violation));
  }
  std::stable_sort(keyed.begin(), keyed.end(),
                   [](const Keyed& a, const Keyed& b) { return a.first < b.first; });
  violations.clear();
  for (Keyed& each : keyed) violations.push_back(std::move(each.second));
  return violations;
}

}  // namespace limpet
