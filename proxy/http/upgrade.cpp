#include "proxy/http/upgrade.h"

namespace limpet::http {
namespace {

// The Upgrade field's value, if there is one such field and Connection lists it.
std::string_view upgrade_of(const Head& head) {
  const Field* only = nullptr;
  for (const Field& field : head) {
    if (field.id != FieldId::kUpgrade) continue;
    if (only != nullptr) return {};
    only = &field;
  }
  if (only == nullptr || !head.connection_lists("upgrade")) return {};
  const bool names_one = visit_list(only->value, [](std::string_view) { return true; });
  return names_one ? only->value : std::string_view();
}

bool passes_requests(std::string_view protocol) {
  const std::string_view name = protocol.substr(0, protocol.find('/'));
  for (const std::string_view http : {"h2", "h2c", "h3", "http", "tls"}) {
    if (equals_ignore_case(name, http)) return true;
  }
  return false;
}

bool lists(std::string_view protocols, std::string_view protocol) {
  return visit_list(protocols,
                    [&](std::string_view item) { return equals_ignore_case(item, protocol); });
}

}  // namespace

std::string_view offered_protocols(const RequestHead& head) {
  if (head.minor_version == 0 || !head.lists_connection_fields) return {};
  const std::string_view value = upgrade_of(head);
  return visit_list(value, passes_requests) ? std::string_view() : value;
}

bool is_switch_to(std::string_view offered, const ResponseHead& head) {
  const std::string_view taken = upgrade_of(head);
  if (offered.empty() || taken.empty() || head.minor_version == 0) return false;
  return !visit_list(taken, [&](std::string_view item) { return !lists(offered, item); });
}

}  // namespace limpet::http
