#include "runtime/certificate.h"

#include <utility>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "core/base/text.h"

namespace limpet {
namespace {

using StoreContextPtr = std::unique_ptr<X509_STORE_CTX, OpensslFree<X509_STORE_CTX_free>>;

// OpenSSL's functions of stacks are macros.
struct StackFree {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};
using StackPtr = std::unique_ptr<STACK_OF(X509), StackFree>;

std::string why_not(int error, const X509& certificate) {
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return str_cat("has expired at ", utc_text(not_after_unix_s(certificate)));
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return str_cat("is not valid before ", utc_text(not_before_unix_s(certificate)));
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return "is not of an authority that is trusted here";
    default:
      return str_cat("is not valid: ", X509_verify_cert_error_string(error));
  }
}

}  // namespace

absl::StatusOr<Authorities> Authorities::read(std::string_view pem) {
  absl::StatusOr<std::vector<X509Ptr>> certificates = read_certificates(pem);
  if (!certificates.ok()) return certificates.status();
  StorePtr store(X509_STORE_new());
  for (const X509Ptr& certificate : *certificates) {
    if (X509_STORE_add_cert(store.get(), certificate.get()) != 1) {
      return absl::InvalidArgumentError(openssl_error());
    }
  }
  return Authorities(std::move(store));
}

absl::Status Authorities::verify(const std::vector<X509Ptr>& chain, int64_t now_unix_s) const {
  if (chain.empty()) return absl::UnauthenticatedError("there is no certificate");
  const StackPtr between(sk_X509_new_null());
  for (size_t i = 1; i < chain.size(); ++i) sk_X509_push(between.get(), chain[i].get());
  const StoreContextPtr context(X509_STORE_CTX_new());
  if (X509_STORE_CTX_init(context.get(), store_.get(), chain[0].get(), between.get()) != 1) {
    return absl::InternalError(openssl_error());
  }
  X509_STORE_CTX_set_time(context.get(), 0, static_cast<time_t>(now_unix_s));
  X509_STORE_CTX_set_purpose(context.get(), X509_PURPOSE_SSL_CLIENT);
  if (X509_verify_cert(context.get()) == 1) return absl::OkStatus();
  const int error = X509_STORE_CTX_get_error(context.get());
  const X509* at = X509_STORE_CTX_get_current_cert(context.get());
  const bool own = X509_STORE_CTX_get_error_depth(context.get()) == 0;
  ERR_clear_error();
  const std::string why = why_not(error, at == nullptr ? std::as_const(*chain[0]) : *at);
  return absl::UnauthenticatedError(
      str_cat(own ? "the certificate " : "the certificate's authority ", why));
}

}  // namespace limpet
