// What TLS is spoken with, as the table holds it: PEM from Secrets and ConfigMaps, checked when it
// was compiled. Equal contents keep their object from one table to the next, so that what a node
// makes of them (proxy/tls) can be kept by address.
//
// The server's own table knows which Secrets are named and that they are there: the PEM is empty,
// because values are sealed where it is compiled. Nobody serves from that table.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace limpet {

// A certificate that is shown to the other side.
struct TlsCertificate {
  std::string secret;  // "namespace/name", for messages
  std::string chain;   // PEM, the own certificate first
  std::string key;     // PEM; fits the certificate

  friend bool operator==(const TlsCertificate&, const TlsCertificate&) = default;
};

// Of an HTTPS listener (Gateway API, GatewayTLSConfig with mode Terminate).
struct ListenerTls {
  // At least one. Which is shown, their names decide; the first, where none fits.
  std::vector<TlsCertificate> certificates;

  friend bool operator==(const ListenerTls&, const ListenerTls&) = default;
};

// Of a cluster whose endpoints are spoken to over TLS (UpstreamTLSPolicy, BackendTLSPolicy).
struct UpstreamTls {
  std::string authorities;  // PEM; empty: those of the node's system
  std::vector<TlsCertificate> certificate;  // one, or none: nothing is shown
  std::string hostname;     // SNI; without the names below, what the certificate has to be for
  bool verify = true;
  // Where there are any, the endpoint's certificate has to have one of them (RFC 5280, 4.2.1.6).
  std::vector<std::string> dns_names = {};
  std::vector<std::string> uris = {};

  friend bool operator==(const UpstreamTls&, const UpstreamTls&) = default;
};

}  // namespace limpet
