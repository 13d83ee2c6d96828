// As Kubernetes validates Secrets (pkg/apis/core/validation). No message has a value in it.
#include <string>

#include "core/base/text.h"
#include "core/resource/secret.h"
#include "core/resource/tls_secret.h"
#include "core/validate/items.h"
#include "core/validate/kinds.h"

namespace limpet {
namespace {

constexpr size_t kMaxSecretBytes = 1024 * 1024;  // all values of a Secret, decoded
constexpr size_t kMaxItems = 1024;
// Of what nodes are sent of a Secret: in base64 it has to fit into one message.
constexpr size_t kMaxTlsBytes = 512 * 1024;

}  // namespace

void validate_kind(const v1::Secret& object, Report& report) {
  validate_metadata(object.metadata(), /*namespaced=*/true, check_dns1123_subdomain, report);
  report.optional("type", object.type(), check_qualified_name);
  const size_t bytes =
      validate_items("data", object.data(), ItemFormat::kMaskedBase64, report) +
      validate_items("stringData", object.string_data(), ItemFormat::kText, report);
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
