#include "core/validate/formats.h"

#include <arpa/inet.h>

#include <algorithm>
#include <vector>

#include <absl/strings/ascii.h>

#include "core/base/text.h"

namespace limpet {
namespace {

bool is_lower_alnum(char c) { return absl::ascii_islower(c) || absl::ascii_isdigit(c); }

bool is_dns1123_label(std::string_view value) {
  if (value.empty() || value.size() > kMaxDnsLabel) return false;
  if (!is_lower_alnum(value.front()) || !is_lower_alnum(value.back())) return false;
  return std::all_of(value.begin(), value.end(),
                     [](char c) { return is_lower_alnum(c) || c == '-'; });
}

// As Kubernetes has it: only the whole is limited in length, not each label.
bool is_dns1123_subdomain(std::string_view value) {
  if (value.empty() || value.size() > kMaxDnsName) return false;
  char before = '.';
  for (char c : value) {
    const bool separator = c == '.' || c == '-';
    if (!separator && !is_lower_alnum(c)) return false;
    if (c == '.' && !is_lower_alnum(before)) return false;
    if (c == '-' && before == '.') return false;
    before = c;
  }
  return is_lower_alnum(before);
}

// The part after the slash of a qualified name, and a label's value.
bool is_label_word(std::string_view value) {
  if (value.empty() || value.size() > kMaxDnsLabel) return false;
  if (!absl::ascii_isalnum(value.front()) || !absl::ascii_isalnum(value.back())) return false;
  return std::all_of(value.begin(), value.end(), [](char c) {
    return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.';
  });
}

std::string lower_case(std::string_view value) { return absl::AsciiStrToLower(absl_view(value)); }

// For messages: quoted, and short, whatever was written.
std::string quoted(std::string_view value) {
  constexpr size_t kShown = 80;
  if (value.size() <= kShown) return str_cat("\"", value, "\"");
  return str_cat("\"", value.substr(0, kShown), "...\" (", value.size(), " characters)");
}

}  // namespace

std::string check_dns1123_label(std::string_view value) {
  if (is_dns1123_label(value)) return {};
  return str_cat(
      "must be a DNS label: at most 63 lower-case letters, digits and \"-\", "
      "starting and ending with a letter or digit, not ",
      quoted(value));
}

std::string check_dns1123_subdomain(std::string_view value) {
  if (is_dns1123_subdomain(value)) return {};
  return str_cat(
      "must be a DNS name: at most 253 lower-case letters, digits, \"-\" and "
      "\".\", starting and ending with a letter or digit, not ",
      quoted(value));
}

std::string check_dns1035_label(std::string_view value) {
  if (is_dns1123_label(value) && absl::ascii_islower(value.front())) return {};
  return str_cat(
      "must be a DNS label: at most 63 lower-case letters, digits and \"-\", "
      "starting with a letter and ending with a letter or digit, not ",
      quoted(value));
}

std::string check_path_segment_name(std::string_view value) {
  const bool printable = std::all_of(value.begin(), value.end(), [](char c) {
    return !absl::ascii_iscntrl(c) && c != '/' && c != '%' && c != ' ';
  });
  if (printable && !value.empty() && value.size() <= kMaxDnsName && value != "." && value != "..") {
    return {};
  }
  return str_cat(
      "must be a name of at most 253 characters without \"/\", \"%\" and spaces, "
      "not ",
      quoted(value));
}

std::string check_wildcard_hostname(std::string_view value) {
  if (is_ip(value)) {
    return str_cat("must be a host name, not the IP address ", quoted(value));
  }
  std::string_view rest = value;
  if (rest.starts_with("*.")) rest.remove_prefix(2);
  if (value.size() <= kMaxDnsName && is_dns1123_subdomain(rest)) return {};
  if (contains(rest, '*')) {
    return str_cat(
        "may have \"*\" only as the whole first label, as in \"*.example.com\", "
        "not ",
        quoted(value));
  }
  if (std::any_of(value.begin(), value.end(), absl::ascii_isupper)) {
    return str_cat("must be in lower case: \"", lower_case(value), "\"");
  }
  return str_cat(
      "must be a host name such as \"www.example.com\" or \"*.example.com\", "
      "without a port, at most 253 characters, not ",
      quoted(value));
}

std::string check_qualified_name(std::string_view value) {
  const size_t slash = value.find('/');
  const bool prefixed = slash != std::string_view::npos;
  const std::string_view name = prefixed ? value.substr(slash + 1) : value;
  if (is_label_word(name) && (!prefixed || is_dns1123_subdomain(value.substr(0, slash)))) {
    return {};
  }
  return str_cat(
      "must be a name of at most 63 letters, digits, \"-\", \"_\" and \".\", "
      "starting and ending with a letter or digit, optionally behind a DNS name "
      "and \"/\" (\"example.com/name\"), not ",
      quoted(value));
}

std::string check_label_value(std::string_view value) {
  if (value.empty() || is_label_word(value)) return {};
  return str_cat(
      "must be empty or at most 63 letters, digits, \"-\", \"_\" and \".\", "
      "starting and ending with a letter or digit, not ",
      quoted(value));
}

std::string check_token(std::string_view value, size_t max_size) {
  constexpr std::string_view kSymbols = "!#$%&'*+-.^_`|~";
  if (value.empty()) return "must not be empty";
  for (char c : value) {
    if (absl::ascii_isalnum(c) || contains(kSymbols, c)) continue;
    return str_cat("must consist of letters, digits and ", kSymbols, " only, not ", quoted(value));
  }
  return check_max_size(value, max_size);
}

std::string check_port_name(std::string_view value) {
  const bool fits = !value.empty() && value.size() <= 15;
  const bool letter = std::any_of(value.begin(), value.end(), absl::ascii_islower);
  if (fits && letter && is_dns1123_label(value) && !contains(value, "--")) return {};
  return str_cat(
      "must be the name of a port: at most 15 lower-case letters, digits and "
      "single \"-\", with at least one letter, not ",
      quoted(value));
}

std::string check_range(int64_t value, int64_t min, int64_t max) {
  if (value >= min && value <= max) return {};
  return str_cat("must be between ", min, " and ", max, ", not ", value);
}

std::string check_port(int64_t value) { return check_range(value, 1, 65535); }

bool is_ip(std::string_view value, IpFamily family) {
  unsigned char bytes[16];
  const std::string text(value);
  if (text.size() != value.size() || contains(value, '\0')) return false;
  return inet_pton(family == IpFamily::kV4 ? AF_INET : AF_INET6, text.c_str(), bytes) == 1;
}

bool is_ip(std::string_view value) {
  return is_ip(value, IpFamily::kV4) || is_ip(value, IpFamily::kV6);
}

std::string check_one_of(std::string_view value, std::initializer_list<std::string_view> allowed) {
  if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) return {};
  std::vector<std::string_view> names(allowed);
  if (names.size() == 1) return str_cat("must be ", names[0], ", not ", quoted(value));
  const std::string_view last = names.back();
  names.pop_back();
  return str_cat("must be ", join(names, ", "), " or ", last, ", not ", quoted(value));
}

std::string check_max_size(std::string_view value, size_t max_size) {
  if (value.size() <= max_size) return {};
  return str_cat("must have at most ", max_size, " characters, not ", value.size());
}

std::string check_group(std::string_view value) {
  return value.empty() ? std::string() : check_dns1123_subdomain(value);
}

std::string check_kind_name(std::string_view value) {
  const bool fits = !value.empty() && value.size() <= kMaxDnsLabel;
  if (fits && absl::ascii_isalpha(value.front()) && absl::ascii_isalnum(value.back()) &&
      std::all_of(value.begin(), value.end(),
                  [](char c) { return absl::ascii_isalnum(c) || c == '-'; })) {
    return {};
  }
  return str_cat("must be the name of a kind, such as HTTPRoute, not ", quoted(value));
}

}  // namespace limpet
