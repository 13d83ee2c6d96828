// As Kubernetes validates Secrets (pkg/apis/core/validation). No message has a value in it.
#include <algorithm>
#include <map>
#include <set>
#include <string>

#include <absl/strings/escaping.h>

#include "core/base/text.h"
#include "core/resource/secret.h"
#include "core/resource/tls_secret.h"
#include "core/validate/formats.h"
#include "core/validate/kinds.h"

namespace limpet {
namespace {

constexpr size_t kMaxSecretBytes = 1024 * 1024;  // all values of a Secret, decoded
constexpr size_t kMaxItems = 1024;
// Of what nodes are sent of a Secret: in base64 it has to fit into one message.
constexpr size_t kMaxTlsBytes = 512 * 1024;

using StringMap = google::protobuf::Map<std::string, std::string>;

std::string check_item_name(std::string_view name) {
  const bool well_formed = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
  });
  if (name.empty() || !well_formed) return "must be of letters, digits, '-', '_' and '.'";
  if (name.size() > kMaxDnsName) return str_cat("must have at most ", kMaxDnsName, " characters");
  if (name == "." || name.starts_with("..")) return "must not be \".\", or begin with \"..\"";
  return {};
}

// The size of the values.
size_t validate_items(std::string_view field, const StringMap& items, bool base64, Report& report) {
  size_t bytes = 0;
  const std::map<std::string_view, std::string_view> sorted(items.begin(), items.end());
  for (const auto& [name, value] : sorted) {
    const Scope scope(report, field, name);
    if (std::string problem = check_item_name(name); !problem.empty()) {
      report.add(str_cat("the key ", problem));
    }
    std::string decoded;
    if (!base64 || value == kSecretMask) {
      bytes += value.size();
    } else if (absl::Base64Unescape(absl_view(value), &decoded)) {
      bytes += decoded.size();
    } else {
      report.add("must be base64; plain text belongs into stringData");
    }
  }
  return bytes;
}

}  // namespace

void validate_kind(const v1::Secret& object, Report& report) {
  validate_metadata(object.metadata(), /*namespaced=*/true, check_dns1123_subdomain, report);
  report.optional("type", object.type(), check_qualified_name);
  const size_t bytes = validate_items("data", object.data(), true, report) +
                       validate_items("stringData", object.string_data(), false, report);
  if (bytes > kMaxSecretBytes) {
    report.add("data",
               str_cat("must have at most ", kMaxSecretBytes, " bytes in all, not ", bytes));
  }
  if (object.data().size() + object.string_data().size() > kMaxItems) {
    report.add("data", str_cat("must have at most ", kMaxItems, " keys"));
  }
  size_t tls_bytes = 0;
  for (const std::string_view item : {kTlsCertificateItem, kTlsKeyItem, kTlsAuthoritiesItem}) {
    tls_bytes += value_of(object, item).value_or("").size();
  }
  if (tls_bytes > kMaxTlsBytes) {
    report.add("data", str_cat("tls.crt, tls.key and ca.crt must have at most ", kMaxTlsBytes,
                               " bytes in all, not ", tls_bytes));
  }
  for (const ItemProblem& problem : check_known_items(object)) {
    const bool text = object.string_data().contains(std::string(problem.item));
    const Scope scope(report, text ? "stringData" : "data", problem.item);
    report.add(problem.message);
  }
  if (object.type() != kTlsSecretType) return;
  for (const std::string_view item : {kTlsCertificateItem, kTlsKeyItem}) {
    const std::string name(item);
    if (object.data().contains(name) || object.string_data().contains(name)) continue;
    const Scope scope(report, "data", item);
    report.add(str_cat("required for the type ", kTlsSecretType));
  }
}

}  // namespace limpet
