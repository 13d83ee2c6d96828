#include "server/access/tokens.h"

#include <array>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "runtime/data_dir.h"
#include "tests/support/temporary_directory.h"

namespace limpet {
namespace {

class TokensTest : public ::testing::Test {
 protected:
  TokensTest() { open(); }
  void open() { tokens_ = Tokens::open(file_).value(); }

  absl::StatusOr<v1::CreateTokenResponse> create(const std::string& name, bool replace = false,
                                                 uint32_t expires_in_s = 0) {
    v1::CreateTokenRequest request;
    request.set_name(name);
    request.add_grants("editor@shop");
    request.set_replace(replace);
    request.set_expires_in_s(expires_in_s);
    std::array<unsigned char, kTokenSecretBytes> secret;
    secret.fill(++fill_);
    return tokens_->create(request, secret, 1000);
  }
  absl::StatusOr<Caller> caller(const std::string& text, int64_t now = 2000) {
    return tokens_->caller_of(parse_token(text).value(), now);
  }

  TemporaryDirectory directory_;
  const std::filesystem::path file_ = directory_ / "tokens.pb";
  std::unique_ptr<Tokens> tokens_;
  unsigned char fill_ = 0;
};

TEST_F(TokensTest, AreWorthTheirGrantsAlsoAfterARestart) {
  const std::string text = create("ci")->token();
  EXPECT_TRUE(text.starts_with("lmp_ci_0101"));
  for (int round = 0; round < 2; ++round) {
    const Caller known = caller(text).value();
    EXPECT_EQ(known.name, "token:ci");
    EXPECT_EQ(to_string(known.grants), "editor@shop");
    open();
  }
  EXPECT_EQ(tokens_->list().tokens(0).created_unix_ms(), 1000);
}

TEST_F(TokensTest, TheFileHoldsNoSecretAndIsPrivate) {
  const std::string text = create("ci")->token();
  const std::string kept = read_file(file_, 10'000).value();
  EXPECT_EQ(kept.find(parse_token(text)->secret), std::string::npos);
  struct stat status;
  ASSERT_EQ(stat(file_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(TokensTest, RevokedReplacedAndExpiredOnesAreWorthNothing) {
  const std::string first = create("ci")->token();
  EXPECT_EQ(create("ci").status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_TRUE(caller(first).ok()) << "the refused one changed nothing";
  const std::string second = create("ci", true)->token();
  EXPECT_EQ(caller(first).status().code(), absl::StatusCode::kUnauthenticated);
  EXPECT_TRUE(caller(second).ok());
  ASSERT_TRUE(tokens_->revoke("ci").ok());
  EXPECT_EQ(caller(second).status().code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(tokens_->revoke("ci").code(), absl::StatusCode::kNotFound);

  const std::string brief = create("brief", false, 60)->token();
  EXPECT_TRUE(caller(brief, 60'999).ok());
  EXPECT_EQ(caller(brief, 61'000).status().message(), "the token brief has expired");
}

TEST_F(TokensTest, MistakesAreRefused) {
  for (const char* name : {"", "a b", "a_b", "a/b"}) EXPECT_FALSE(create(name).ok()) << name;
  v1::CreateTokenRequest request;
  request.set_name("x");
  EXPECT_FALSE(tokens_->create(request, {}, 0).ok()) << "no grant";
  request.add_grants("root");
  EXPECT_FALSE(tokens_->create(request, {}, 0).ok());
  EXPECT_EQ(tokens_->list().tokens_size(), 0);
}

TEST_F(TokensTest, ADamagedFileIsSaidAndKept) {
  ASSERT_TRUE(write_file_atomically(file_, "\xFF\xFF").ok());
  EXPECT_EQ(Tokens::open(file_).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(read_file(file_, 10).value(), "\xFF\xFF");
}

TEST(TokenText, OnlyWholeTokensAreRead) {
  const std::string secret(2 * kTokenSecretBytes, 'a');
  EXPECT_EQ(parse_token("lmp_my_name_" + secret)->name, "my_name");
  for (const std::string& text :
       {std::string(), std::string("lmp_"), "lmp__" + secret, "lmp_a_" + secret.substr(1),
        "lmp_a_" + secret + "g", "xyz_a_" + secret, "lmp_a" + secret,
        "lmp_a_G" + secret.substr(1)}) {
    EXPECT_FALSE(parse_token(text)) << text;
  }
}

}  // namespace
}  // namespace limpet
