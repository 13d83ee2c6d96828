#include "core/validate/items.h"

#include <algorithm>
#include <cctype>
#include <map>

#include <absl/strings/escaping.h>

#include "core/base/text.h"
#include "core/resource/secret.h"

namespace limpet {
namespace {

std::string check_item_name(std::string_view name) {
  const bool well_formed = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
  });
  if (name.empty() || !well_formed) return "must be of letters, digits, '-', '_' and '.'";
  if (name.size() > kMaxDnsName) return str_cat("must have at most ", kMaxDnsName, " characters");
  if (name == "." || name.starts_with("..")) return "must not be \".\", or begin with \"..\"";
  return {};
}

}  // namespace

size_t validate_items(std::string_view field,
                      const google::protobuf::Map<std::string, std::string>& items,
                      ItemFormat format, Report& report) {
  size_t bytes = 0;
  const std::map<std::string_view, std::string_view> sorted(items.begin(), items.end());
  for (const auto& [name, value] : sorted) {
    const Scope scope(report, field, name);
    if (std::string problem = check_item_name(name); !problem.empty()) {
      report.add(str_cat("the key ", problem));
    }
    std::string decoded;
    const bool masked = format == ItemFormat::kMaskedBase64 && value == kSecretMask;
    if (format == ItemFormat::kText || masked) {
      bytes += value.size();
    } else if (absl::Base64Unescape(absl_view(value), &decoded)) {
      bytes += decoded.size();
    } else {
      report.add(str_cat("must be base64; plain text belongs into ",
                         field == "binaryData" ? "data" : "stringData"));
    }
  }
  return bytes;
}

}  // namespace limpet
