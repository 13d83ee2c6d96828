#include "proxy/http/request_key.h"

#include "proxy/http/cookie.h"

namespace limpet::http {
namespace {

// Takes the last member off a comma-separated list.
std::string_view take_last(std::string_view& list) {
  const size_t comma = list.rfind(',');
  const std::string_view last = trim(comma == std::string_view::npos ? list
                                                                     : list.substr(comma + 1));
  list = comma == std::string_view::npos ? std::string_view() : list.substr(0, comma);
  return last;
}

std::string_view header_value(const Head& head, std::string_view name) {
  for (const Field& field : head) {
    if (equals_ignore_case(field.name, name)) return field.value;
  }
  return {};
}

std::string_view cookie_of(const Head& head, std::string_view name) {
  std::string_view found;
  visit_cookies(head, name, [&](std::string_view value) {
    found = value;
    return true;
  });
  return found;
}

std::string_view query_value(std::string_view target, std::string_view name) {
  const size_t mark = target.find('?');
  if (mark == std::string_view::npos) return {};
  for (std::string_view rest = target.substr(mark + 1); !rest.empty();) {
    const size_t end = rest.find('&');
    const std::string_view pair = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    const size_t equals = pair.find('=');
    if (pair.substr(0, equals) != name) continue;
    return equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
  }
  return {};
}

}  // namespace

std::string_view client_address(const Head& head, const RequestPeer& peer) {
  std::string_view client = peer.ip;
  if (!peer.trusted.contains(peer.address)) return client;
  // From the last hop backwards: each is believed because the one behind it is trusted.
  for (size_t i = head.field_count; i-- > 0;) {
    const Field& field = head.fields[i];
    if (field.id != FieldId::kXForwardedFor) continue;
    for (std::string_view hops = field.value; !hops.empty();) {
      const std::string_view hop = take_last(hops);
      if (hop.empty()) continue;
      const auto address = SocketAddress::parse(hop, 0);
      if (!address) return client;
      client = hop;
      if (!peer.trusted.contains(*address)) return client;
    }
  }
  return client;
}

std::string_view request_key(const HashKey& key, const RequestHead& head,
                             const RequestPeer& peer) {
  switch (key.source) {
    case HashKey::Source::kClientAddress: return client_address(head, peer);
    case HashKey::Source::kHeader: return header_value(head, key.name);
    case HashKey::Source::kCookie: return cookie_of(head, key.name);
    case HashKey::Source::kQuery: return query_value(head.path_query, key.name);
  }
  return {};
}

}  // namespace limpet::http
