// A request's header fields, for routing.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/strings/match.h>

#include "core/base/text.h"
#include "core/routing/match_conditions.h"

namespace limpet::testing {

class HeaderList final : public HeaderSource {
 public:
  using Fields = std::vector<std::pair<std::string, std::string>>;

  HeaderList() = default;
  explicit HeaderList(Fields fields) : fields_(std::move(fields)) {}

  void visit(std::string_view name,
             absl::FunctionRef<void(std::string_view)> visit) const override {
    for (const auto& [field, value] : fields_) {
      if (absl::EqualsIgnoreCase(field, absl_view(name))) visit(value);
    }
  }

 private:
  Fields fields_;
};

}  // namespace limpet::testing
