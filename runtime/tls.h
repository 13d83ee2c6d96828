// The files of a program's TLS identity, and what is to be checked of them before they are used.
#pragma once

#include <cstdint>
#include <string>

#include <absl/status/status.h>

namespace limpet {

// Both empty: plain text. The files may be replaced (by a rename) while the program runs.
struct TlsFiles {
  std::string identity;  // PEM: the certificate, those between it and an authority, and its key
  std::string ca;        // PEM: the authorities that the other side's certificate is believed from

  bool empty() const { return identity.empty() && ca.empty(); }
  friend bool operator==(const TlsFiles&, const TlsFiles&) = default;
};

// What would make every connection fail, said at the start: a file that is missing or cannot be
// read, no certificate or key in it, a key of another certificate.
absl::Status check_tls_files(const TlsFiles& files);

// That the identity's certificate has expired, or soon will have; empty: it has not. It is no
// reason not to start: a node serves without its server, and the file may be replaced any time.
std::string expiry_warning(const TlsFiles& files, int64_t now_unix_s);

}  // namespace limpet
