// A head's fields as routing looks for them.
#pragma once

#include <string_view>

#include "core/routing/match_conditions.h"
#include "proxy/http/head.h"

namespace limpet::http {

// The head must outlive it.
class HeadFields final : public HeaderSource {
 public:
  explicit HeadFields(const Head& head) : head_(head) {}

  void visit(std::string_view name,
             absl::FunctionRef<void(std::string_view)> visit) const override {
    for (const Field& field : head_) {
      if (equals_ignore_case(field.name, name)) visit(field.value);
    }
  }

 private:
  const Head& head_;
};

}  // namespace limpet::http
