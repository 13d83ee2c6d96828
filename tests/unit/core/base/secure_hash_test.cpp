#include "core/base/secure_hash.h"

#include <gtest/gtest.h>

namespace limpet {
namespace {

TEST(SecureHash, PartsAreKeptApart) {
  EXPECT_EQ(sha256_of_parts({"ab", "c"}), sha256_of_parts({"ab", "c"}));
  EXPECT_NE(sha256_of_parts({"ab", "c"}), sha256_of_parts({"a", "bc"}));
  EXPECT_NE(sha256_of_parts({"a", ""}), sha256_of_parts({"a"}));
}

// Nodes of different builds must agree: the values are part of the contract.
TEST(SecureHash, IdsNeverChange) {
  EXPECT_EQ(id64_of_parts({"limpet", "id"}), 18103946270055817742U);
}

TEST(SecureHash, OfAStreamIsThatOfItsBytes) {
  Sha256Stream stream;
  stream.add("a");
  stream.add("");
  stream.add("bc");
  const Sha256 hash = stream.finish();
  EXPECT_EQ(hash[0], 0xBA);  // FIPS 180-2, appendix B.1
  EXPECT_EQ(hash[31], 0xAD);
}

}  // namespace
}  // namespace limpet
