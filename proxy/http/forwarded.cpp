#include "proxy/http/forwarded.h"

#include <algorithm>

#include "proxy/http/chars.h"

namespace limpet::http {
namespace {

// What of a port or in its place (RFC 7239 §6) may stand behind an address.
bool is_node_port(std::string_view text) { return !text.empty() && all_chars(text, kTokenChar); }

// Takes a Forwarded field's value apart from its beginning.
class ForwardedReader {
 public:
  ForwardedReader(std::string_view text, Nodes& nodes) : text_(text), nodes_(nodes) {}

  bool run() {
    for (;;) {
      skip_space();
      // A list may have empty elements (RFC 9110 §5.6.1.2).
      if (!text_.empty() && text_.front() != ',' && !element()) return false;
      if (text_.empty()) return true;
      if (text_.front() != ',') return false;
      text_.remove_prefix(1);
    }
  }

 private:
  bool element() {
    std::string_view node;
    bool has_node = false;
    for (;;) {
      std::string_view name;
      std::string_view value;
      if (!pair(name, value)) return false;
      if (equals_ignore_case(name, "for")) {
        if (has_node) return false;  // each parameter occurs once at most
        has_node = true;
        node = value;
      }
      skip_space();
      if (text_.empty() || text_.front() != ';') break;
      text_.remove_prefix(1);
      skip_space();
    }
    nodes_.push_back(node);
    return true;
  }

  // Or nothing, as the grammar allows between semicolons.
  bool pair(std::string_view& name, std::string_view& value) {
    name = token();
    if (name.empty()) return text_.empty() || text_.front() == ';' || text_.front() == ',';
    if (text_.empty() || text_.front() != '=') return false;
    text_.remove_prefix(1);
    if (!text_.empty() && text_.front() == '"') return quoted(value);
    value = token();
    return !value.empty();
  }

  // Escapes stay in: no address has any.
  bool quoted(std::string_view& value) {
    for (size_t i = 1; i < text_.size(); ++i) {
      if (text_[i] == '\\') {
        ++i;
      } else if (text_[i] == '"') {
        value = text_.substr(1, i - 1);
        text_.remove_prefix(i + 1);
        return true;
      }
    }
    return false;
  }

  std::string_view token() {
    const auto end =
        std::find_if_not(text_.begin(), text_.end(), [](char c) { return is_char(c, kTokenChar); });
    const std::string_view taken = text_.substr(0, static_cast<size_t>(end - text_.begin()));
    text_.remove_prefix(taken.size());
    return taken;
  }

  void skip_space() {
    while (!text_.empty() && (text_.front() == ' ' || text_.front() == '\t')) {
      text_.remove_prefix(1);
    }
  }

  std::string_view text_;
  Nodes& nodes_;
};

// The hops before the peer, the nearest last.
Nodes hops_of(const Head& head) {
  Nodes nodes;
  for (const Field& field : head) {
    if (field.id != FieldId::kXForwardedFor) continue;
    visit_list(field.value, [&](std::string_view item) {
      nodes.push_back(item);
      return false;
    });
  }
  if (!nodes.empty()) return nodes;
  for (const Field& field : head) {
    if (field.id != FieldId::kForwarded || read_forwarded(field.value, nodes)) continue;
    // Where one element ends and the next begins is not certain: then nothing of it counts.
    return {};
  }
  return nodes;
}

}  // namespace

std::optional<SocketAddress> parse_node(std::string_view text) {
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view rest = text.substr(end + 1);
    if (!rest.empty() && (rest.front() != ':' || !is_node_port(rest.substr(1)))) {
      return std::nullopt;
    }
    const auto address = SocketAddress::parse(text.substr(1, end - 1), 0);
    return address && address->family() == AF_INET6 ? address : std::nullopt;
  }
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || text.find(':', colon + 1) != std::string_view::npos) {
    return SocketAddress::parse(text, 0);
  }
  if (!is_node_port(text.substr(colon + 1))) return std::nullopt;
  return SocketAddress::parse(text.substr(0, colon), 0);
}

bool read_forwarded(std::string_view value, Nodes& nodes) {
  return ForwardedReader(value, nodes).run();
}

SocketAddress client_address(const Head& head, const SocketAddress& peer, const CidrSet& trusted) {
  if (trusted.empty() || !trusted.contains(peer)) return peer;
  const Nodes hops = hops_of(head);
  SocketAddress client = peer;
  for (auto hop = hops.rbegin(); hop != hops.rend(); ++hop) {
    const std::optional<SocketAddress> address = parse_node(*hop);
    if (!address) break;
    client = *address;
    if (!trusted.contains(client)) break;
  }
  return client;
}

void append_forwarded_element(std::string_view ip, std::string_view host, std::string_view proto,
                              std::string& out) {
  const bool v6 = ip.find(':') != std::string_view::npos;
  out.append(v6 ? "for=\"[" : "for=").append(ip).append(v6 ? "]\"" : "");
  if (!host.empty()) {
    const bool token = all_chars(host, kTokenChar);
    out.append(token ? ";host=" : ";host=\"").append(host).append(token ? "" : "\"");
  }
  out.append(";proto=").append(proto);
}

}  // namespace limpet::http
