#include "proxy/control/certificate_metrics.h"

#include <map>
#include <vector>

#include "core/base/text.h"
#include "core/resource/tls_secret.h"

namespace limpet {
namespace {

constexpr std::string_view kName = "limpet_certificate_not_after_seconds";

void note(const std::vector<TlsCertificate>& certificates, std::map<std::string, int64_t>& ends) {
  for (const TlsCertificate& own : certificates) {
    if (ends.contains(own.secret)) continue;
    if (const auto end = not_after_unix_s(own.chain)) ends.emplace(own.secret, *end);
  }
}

std::string text_of(const RoutingTable& table) {
  std::map<std::string, int64_t> ends;  // by Secret
  for (const auto& [number, port] : table.ports) {
    port->listeners.for_each([&](const std::string&, const RoutingListener& listener) {
      if (listener.tls != nullptr) note(listener.tls->certificates, ends);
    });
  }
  table.upstream_tls.for_each(
      [&](std::string_view, const std::shared_ptr<const UpstreamTls>& upstream) {
        note(upstream->certificate, ends);
      });
  std::string text = str_cat("# HELP ", kName,
                             " When a certificate that this node shows ends to be valid, in Unix "
                             "seconds.\n# TYPE ",
                             kName, " gauge\n");
  // Names of Secrets need no escapes.
  for (const auto& [secret, end] : ends) {
    text += str_cat(kName, "{secret=\"", secret, "\"} ", end, "\n");
  }
  return text;
}

}  // namespace

const std::string& CertificateMetrics::text(const std::shared_ptr<const RoutingTable>& table) {
  if (table != table_ || text_.empty()) {
    text_ = text_of(table == nullptr ? RoutingTable() : *table);
    table_ = table;
  }
  return text_;
}

}  // namespace limpet
