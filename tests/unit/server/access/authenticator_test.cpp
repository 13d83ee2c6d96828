#include "server/access/authenticator.h"

#include <array>

#include <gtest/gtest.h>

#include "runtime/authority.h"
#include "runtime/data_dir.h"
#include "tests/support/temporary_directory.h"

namespace limpet {
namespace {

constexpr Validity kYear{1'700'000'000, 1'700'000'000 + 365 * 86'400};
constexpr int64_t kNowMs = 1'710'000'000'000;

class AuthenticatorTest : public ::testing::Test {
 protected:
  AuthenticatorTest() {
    believe(authority_.certificate_pem());
    v1::CreateTokenRequest request;
    request.set_name("ci");
    request.add_grants("viewer");
    const std::array<unsigned char, kTokenSecretBytes> secret{1};
    token_ = tokens_->create(request, secret, kNowMs)->token();
  }
  void believe(const std::string& pem) {
    ASSERT_TRUE(write_file_atomically(ca_, pem).ok());
    ASSERT_TRUE(authenticator_.refresh().ok());
  }
  std::string alice(const Authority& authority) {
    return authority.issue({"alice", {"limpet:user:alice", "limpet:role:viewer"}, {}}, kYear)
        .value();
  }
  absl::StatusCode code(const Credentials& credentials, int64_t now_ms = kNowMs) {
    return authenticator_.caller(credentials, now_ms).status().code();
  }

  TemporaryDirectory directory_;
  const std::filesystem::path ca_ = directory_ / "ca.crt";
  Authority authority_ = Authority::create("one", kYear).value();
  std::unique_ptr<Tokens> tokens_ = Tokens::open(directory_ / "tokens.pb").value();
  Authenticator authenticator_{{"server.pem", ca_.string()}, *tokens_};
  std::string token_;
};

TEST_F(AuthenticatorTest, KnowsCertificatesAndTokens) {
  EXPECT_EQ(authenticator_.caller({alice(authority_), ""}, kNowMs)->name, "user:alice");
  EXPECT_EQ(authenticator_.caller({"", "Bearer " + token_}, kNowMs)->name, "token:ci");
  EXPECT_EQ(authenticator_.caller({alice(authority_), "bearer " + token_}, kNowMs)->name,
            "token:ci");
  EXPECT_EQ(Authenticator({}, *tokens_).caller({}, kNowMs)->name, "") << "without TLS";
}

TEST_F(AuthenticatorTest, RefusesWhatItDoesNotKnow) {
  using enum absl::StatusCode;
  EXPECT_EQ(code({}), kUnauthenticated);
  EXPECT_EQ(code({"", "Bearer nonsense"}), kUnauthenticated);
  EXPECT_EQ(code({"", token_}), kUnauthenticated);
  EXPECT_EQ(code({alice(authority_), "Basic x"}), kUnauthenticated);
  EXPECT_EQ(code({"nonsense", ""}), kUnauthenticated);
  const Authority other = Authority::create("other", kYear).value();
  EXPECT_EQ(code({alice(other), ""}), kUnauthenticated);
  // Known from the call before, and expired now.
  const std::string pem = alice(authority_);
  EXPECT_EQ(code({pem, ""}), kOk);
  EXPECT_EQ(code({pem, ""}, (kYear.to_unix_s + 1) * 1000), kUnauthenticated);
}

TEST_F(AuthenticatorTest, FollowsItsFileOfAuthorities) {
  const Authority next = Authority::create("next", kYear).value();
  const std::string old_pem = alice(authority_);
  const std::string new_pem = alice(next);
  EXPECT_EQ(code({old_pem, ""}), absl::StatusCode::kOk);
  EXPECT_EQ(code({new_pem, ""}), absl::StatusCode::kUnauthenticated);
  believe(next.certificate_pem() + authority_.certificate_pem());
  EXPECT_EQ(code({old_pem, ""}), absl::StatusCode::kOk);
  EXPECT_EQ(code({new_pem, ""}), absl::StatusCode::kOk);
  believe(next.certificate_pem());
  EXPECT_EQ(code({old_pem, ""}), absl::StatusCode::kUnauthenticated) << "not out of its memory";
  EXPECT_EQ(code({new_pem, ""}), absl::StatusCode::kOk);
  ASSERT_TRUE(write_file_atomically(ca_, "half a fi").ok());
  EXPECT_FALSE(authenticator_.refresh().ok());
  EXPECT_EQ(code({new_pem, ""}), absl::StatusCode::kOk) << "what it knew before";
}

}  // namespace
}  // namespace limpet
