// When the certificates that a node shows end to be valid, for Prometheus (text format 0.0.4):
//
//   limpet_certificate_not_after_seconds{secret="shop/web-tls"} 1798761599
#pragma once

#include <memory>
#include <string>

#include "core/routing/routing_table.h"

namespace limpet {

// Not thread-safe.
class CertificateMetrics {
 public:
  // Of the table's listeners and clusters, each Secret once; null: there is no table yet. Made once
  // for each table.
  const std::string& text(const std::shared_ptr<const RoutingTable>& table);

 private:
  std::shared_ptr<const RoutingTable> table_;
  std::string text_;
};

}  // namespace limpet
