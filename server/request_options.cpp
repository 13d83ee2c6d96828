#include "server/request_options.h"

#include <array>

#include <openssl/sha.h>

#include "core/base/text.h"
#include "core/resource/object.h"

namespace limpet {

std::vector<Violation> validate_options(const v1::ChangeOptions& options) {
  std::vector<Violation> violations;
  if (options.request_id().size() > kMaxRequestIdBytes) {
    violations.push_back(
        {"options.request_id", str_cat("is longer than ", kMaxRequestIdBytes, " bytes")});
  }
  if (options.message().size() > kMaxChangeMessageBytes) {
    violations.push_back(
        {"options.message", str_cat("is longer than ", kMaxChangeMessageBytes, " bytes")});
  }
  return violations;
}

absl::Status check_expected_revision(const v1::ChangeOptions& options, const StateId& head) {
  const uint64_t expected = options.expected_revision();
  if (expected == 0 || expected == head.revision) return absl::OkStatus();
  return absl::AbortedError(str_cat("the state is at revision ", head.revision, ", not at ",
                                    expected, "; read it again and retry"));
}

std::string request_digest(std::string_view action, const google::protobuf::Message& request) {
  // No action has a NUL: it ends where the request begins.
  const std::string bytes = str_cat(action, std::string_view("\0", 1), serialize(request));
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  return std::string(reinterpret_cast<const char*>(digest.data()), digest.size());
}

}  // namespace limpet
