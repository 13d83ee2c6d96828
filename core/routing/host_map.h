// Values by host name, as the Gateway API matches them: an exact name before the longest wildcard
// ("*.example.com" covers every name below example.com, at any depth, but not it), and both before
// the value for every host. A copy shares all of it, and a change costs as one of PersistentMap.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/persistent_map.h"

namespace limpet {

template <typename Value>
class HostMap {
 public:
  // `pattern`: "shop.example.com", "*.example.com", or empty for every host. In lower case.
  void set(std::string_view pattern, Value value) {
    if (pattern.empty()) {
      any_ = std::make_shared<const Value>(std::move(value));
    } else if (pattern.starts_with("*.")) {
      wildcards_ = std::move(wildcards_).set(pattern.substr(1), std::move(value));
    } else {
      exact_ = std::move(exact_).set(pattern, std::move(value));
    }
  }

  void erase(std::string_view pattern) {
    if (pattern.empty()) {
      any_ = nullptr;
    } else if (pattern.starts_with("*.")) {
      wildcards_ = wildcards_.erase(pattern.substr(1));
    } else {
      exact_ = exact_.erase(pattern);
    }
  }

  bool empty() const { return any_ == nullptr && exact_.empty() && wildcards_.empty(); }

  // The value at exactly that pattern, or null.
  const Value* at(std::string_view pattern) const {
    if (pattern.empty()) return any_.get();
    const bool wildcard = pattern.starts_with("*.");
    return wildcard ? wildcards_.find(pattern.substr(1)) : exact_.find(pattern);
  }

  // visit(pattern, value) for every pattern, in no order that means anything.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    if (any_ != nullptr) visit(std::string(), *any_);
    exact_.for_each([&](std::string_view name, const Value& value) {
      visit(std::string(name), value);
    });
    wildcards_.for_each([&](std::string_view suffix, const Value& value) {
      visit("*" + std::string(suffix), value);
    });
  }

  // How many patterns' values were added, removed or set again on the way from one to the other.
  // Costs in proportion to that, if one was made of the other.
  static size_t count_changes(const HostMap& from, const HostMap& to) {
    size_t changes = from.any_ == to.any_ ? 0 : 1;
    const auto count = [&](std::string_view, const Value*, const Value*) { ++changes; };
    Map::diff(from.exact_, to.exact_, count);
    Map::diff(from.wildcards_, to.wildcards_, count);
    return changes;
  }

  // Calls visit(value) from the most specific pattern that covers the host to the least, until it
  // returns true. `host` in lower case and without a port.
  template <typename Visit>
  bool visit_covering(std::string_view host, Visit&& visit) const {
    if (const Value* value = exact_.find(host)) {
      if (visit(*value)) return true;
    }
    if (!wildcards_.empty()) {
      // Host names have at most 127 labels (RFC 1035 §2.3.4), so this ends soon.
      for (size_t dot = host.find('.'); dot != std::string_view::npos;
           dot = host.find('.', dot + 1)) {
        if (dot == 0) continue;
        const Value* value = wildcards_.find(host.substr(dot));
        if (value != nullptr && visit(*value)) return true;
      }
    }
    return any_ != nullptr && visit(*any_);
  }

 private:
  using Map = PersistentMap<std::string, Value>;
  Map exact_;
  Map wildcards_;  // by the part from the first dot: ".example.com"
  std::shared_ptr<const Value> any_;
};

}  // namespace limpet
