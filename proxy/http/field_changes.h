// The header changes that a request meets: those of its rule, then those of the backend that was
// chosen (Gateway API, HTTPRouteRule.filters, HTTPBackendRef.filters).
#pragma once

#include <string_view>

#include "core/routing/route_filters.h"

namespace limpet::http {

// The table's; either may be null.
struct FieldChanges {
  const HeaderChanges* of_rule = nullptr;
  const HeaderChanges* of_backend = nullptr;

  explicit operator bool() const { return of_rule != nullptr || of_backend != nullptr; }

  // Whether fields of the name that are there already are left out.
  bool drop(std::string_view name) const {
    return (of_rule != nullptr && of_rule->replaces(name)) ||
           (of_backend != nullptr && of_backend->replaces(name));
  }
  // Calls visit(field) for each that they set and add, but for those that the backend's replace.
  template <typename Visit>
  void visit(Visit&& visit) const {
    if (of_rule != nullptr) {
      for (const auto* fields : {&of_rule->set, &of_rule->add}) {
        for (const HeaderChanges::Field& field : *fields) {
          if (of_backend == nullptr || !of_backend->replaces(field.name)) visit(field);
        }
      }
    }
    if (of_backend == nullptr) return;
    for (const auto* fields : {&of_backend->set, &of_backend->add}) {
      for (const HeaderChanges::Field& field : *fields) visit(field);
    }
  }
};

}  // namespace limpet::http
