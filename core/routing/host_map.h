// Values by host name, as the Gateway API matches them: an exact name before the longest wildcard
// ("*.example.com" covers every name below example.com, at any depth, but not it), and both before
// the value for every host.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/base/persistent_map.h"

namespace limpet {

template <typename Value>
class HostMap {
 public:
  using ValuePtr = std::shared_ptr<const Value>;

  // `pattern`: "shop.example.com", "*.example.com", or empty for every host. In lower case.
  [[nodiscard]] HostMap set(std::string_view pattern, ValuePtr value) const {
    HostMap next = *this;
    if (pattern.empty()) {
      next.any_ = std::move(value);
    } else if (pattern.starts_with("*.")) {
      next.wildcards_ = wildcards_.set(pattern.substr(1), std::move(value));
    } else {
      next.exact_ = exact_.set(pattern, std::move(value));
    }
    return next;
  }

  [[nodiscard]] HostMap erase(std::string_view pattern) const {
    HostMap next = *this;
    if (pattern.empty()) {
      next.any_ = nullptr;
    } else if (pattern.starts_with("*.")) {
      next.wildcards_ = wildcards_.erase(pattern.substr(1));
    } else {
      next.exact_ = exact_.erase(pattern);
    }
    return next;
  }

  bool empty() const { return any_ == nullptr && exact_.empty() && wildcards_.empty(); }

  // The value at exactly that pattern, or null.
  const Value* at(std::string_view pattern) const {
    if (pattern.empty()) return any_.get();
    const bool wildcard = pattern.starts_with("*.");
    const ValuePtr* value =
        wildcard ? wildcards_.find(pattern.substr(1)) : exact_.find(pattern);
    return value == nullptr ? nullptr : value->get();
  }

  // visit(pattern, value) for every pattern, in no order that means anything.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    if (any_ != nullptr) visit(std::string(), *any_);
    exact_.for_each([&](std::string_view name, const ValuePtr& value) { visit(std::string(name), *value); });
    wildcards_.for_each([&](std::string_view suffix, const ValuePtr& value) {
      visit("*" + std::string(suffix), *value);
    });
  }

  // Calls visit(value) from the most specific pattern that covers the host to the least, until it
  // returns true. `host` in lower case and without a port.
  template <typename Visit>
  bool visit_covering(std::string_view host, Visit&& visit) const {
    if (const ValuePtr* value = exact_.find(host)) {
      if (visit(**value)) return true;
    }
    if (!wildcards_.empty()) {
      // Host names have at most 127 labels (RFC 1035 §2.3.4), so this ends soon.
      for (size_t dot = host.find('.'); dot != std::string_view::npos;
           dot = host.find('.', dot + 1)) {
        if (dot == 0) continue;
        const ValuePtr* value = wildcards_.find(host.substr(dot));
        if (value != nullptr && visit(**value)) return true;
      }
    }
    return any_ != nullptr && visit(*any_);
  }

 private:
  using Map = PersistentMap<std::string, ValuePtr>;
  Map exact_;
  Map wildcards_;  // by the part from the first dot: ".example.com"
  ValuePtr any_;
};

}  // namespace limpet
