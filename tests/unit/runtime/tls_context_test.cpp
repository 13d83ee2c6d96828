#include "runtime/tls_context.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "runtime/authority.h"
#include "runtime/data_dir.h"
#include "tests/support/temporary_directory.h"

namespace limpet {
namespace {

constexpr Validity kValidity{1000, 2'000'000};

class TlsContextTest : public ::testing::Test {
 protected:
  void write(const std::string& text) { ASSERT_TRUE(write_file_atomically(file_, text).ok()); }
  std::string issue() {
    return authority_.issue({"server", {"limpet:server"}, {"localhost"}}, kValidity).value();
  }

  TemporaryDirectory directory_;
  const std::filesystem::path file_ = directory_ / "server.pem";
  Authority authority_ = Authority::create("CA", kValidity).value();
};

TEST_F(TlsContextTest, ReadsAgainWhatHasChanged) {
  TlsContext tls(file_);
  EXPECT_FALSE(tls.refresh().ok());
  EXPECT_EQ(tls.get(), nullptr);
  const std::string first = issue();
  write(first);
  ASSERT_TRUE(tls.refresh().ok());
  const auto context = tls.get();
  ASSERT_NE(context, nullptr);
  write(first);
  EXPECT_TRUE(tls.refresh().ok());
  EXPECT_EQ(tls.get(), context);
  write(issue());
  EXPECT_TRUE(tls.refresh().ok());
  EXPECT_NE(tls.get(), context);
}

TEST_F(TlsContextTest, WhatCannotBeUsedChangesNothing) {
  TlsContext tls(file_);
  const std::string own = issue();
  write(own);
  ASSERT_TRUE(tls.refresh().ok());
  const auto context = tls.get();
  const std::string key = own.substr(own.find("-----BEGIN PRIVATE KEY"));
  const std::string other = issue();
  // A certificate without a key, nothing at all, and the key of another.
  for (const std::string& wrong : {own.substr(0, own.size() - key.size()), std::string("garbage"),
                                   other.substr(0, other.find("-----BEGIN PRIVATE KEY")) + key}) {
    write(wrong);
    const absl::Status status = tls.refresh();
    EXPECT_FALSE(status.ok());
    EXPECT_NE(status.message().find("server.pem"), std::string::npos) << status;
    EXPECT_EQ(tls.get(), context);
  }
}

}  // namespace
}  // namespace limpet
