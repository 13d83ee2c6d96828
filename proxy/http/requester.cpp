#include "proxy/http/requester.h"

#include <optional>
#include <string>

#include "proxy/http/cookie.h"

namespace limpet::http {
namespace {

// Without the brackets and the port that some proxies write.
std::string_view without_port(std::string_view address) {
  if (address.starts_with('[')) {
    const size_t end = address.find(']');
    return end == std::string_view::npos ? std::string_view() : address.substr(1, end - 1);
  }
  const size_t colon = address.find(':');
  return address.find(':', colon + 1) == std::string_view::npos ? address.substr(0, colon)
                                                                 : address;
}

std::string_view query_value(std::string_view target, std::string_view name) {
  const size_t mark = target.find('?');
  if (mark == std::string_view::npos) return {};
  std::string_view rest = target.substr(mark + 1);
  while (!rest.empty()) {
    const size_t end = rest.find('&');
    const std::string_view pair = rest.substr(0, end);
    if (pair.starts_with(name) && pair.substr(name.size()).starts_with('=')) {
      return pair.substr(name.size() + 1);
    }
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return {};
}

std::string_view field_value(const Head& head, std::string_view name) {
  for (const Field& field : head) {
    if (equals_ignore_case(field.name, name)) return field.value;
  }
  return {};
}

}  // namespace

std::string_view Requester::client_ip() const {
  if (!forwarding.trusted.contains(peer)) return peer_ip;
  std::string_view client = peer_ip;
  for (size_t i = head.field_count; i-- > 0;) {
    const Field& field = head.fields[i];
    if (field.id != FieldId::kXForwardedFor) continue;
    for (std::string_view rest = field.value; !rest.empty();) {
      const size_t comma = rest.rfind(',');
      const size_t begin = comma == std::string_view::npos ? 0 : comma + 1;
      const std::string_view ip = without_port(trim(rest.substr(begin)));
      rest = rest.substr(0, begin == 0 ? 0 : comma);
      const std::optional<SocketAddress> address = SocketAddress::parse(ip, 0);
      if (!address) return client;
      client = ip;
      if (!forwarding.trusted.contains(*address)) return client;
    }
  }
  return client;
}

std::string_view Requester::value_of(const RequestKey& key) const {
  switch (key.source) {
    case RequestKey::Source::kClientAddress: return client_ip();
    case RequestKey::Source::kHeader: return field_value(head, key.name);
    case RequestKey::Source::kQuery: return query_value(head.path_query, key.name);
    case RequestKey::Source::kCookie: break;
  }
  std::string_view found;
  visit_cookies(head, key.name, [&](std::string_view value) {
    found = value;
    return true;
  });
  return found;
}

}  // namespace limpet::http
