#include "proxy/http/forwarded.h"

#include <algorithm>

#include "proxy/http/chars.h"
#include "proxy/http/head.h"

namespace limpet::http {
namespace {

// Takes a Forwarded field's value apart from its beginning.
class ForwardedReader {
 public:
  explicit ForwardedReader(std::string_view text) : text_(text) {}

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
    bool has_node = false;
    for (;;) {
      std::string_view name;
      if (!pair(name)) return false;
      if (equals_ignore_case(name, "for")) {
        if (has_node) return false;  // each parameter occurs once at most
        has_node = true;
      }
      skip_space();
      if (text_.empty() || text_.front() != ';') break;
      text_.remove_prefix(1);
      skip_space();
    }
    return true;
  }

  // Or nothing, as the grammar allows between semicolons.
  bool pair(std::string_view& name) {
    name = token();
    if (name.empty()) return text_.empty() || text_.front() == ';' || text_.front() == ',';
    if (text_.empty() || text_.front() != '=') return false;
    text_.remove_prefix(1);
    if (!text_.empty() && text_.front() == '"') return quoted();
    return !token().empty();
  }

  bool quoted() {
    for (size_t i = 1; i < text_.size(); ++i) {
      if (text_[i] == '\\') {
        ++i;
      } else if (text_[i] == '"') {
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
};

}  // namespace

bool is_forwarded(std::string_view value) { return ForwardedReader(value).run(); }

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
