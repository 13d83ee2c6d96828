#include "server/secret_keys.h"

#include <fstream>

#include <absl/strings/escaping.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "core/base/text.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/server/builders.h"

namespace limpet {
namespace {

std::string line(char filler) { return absl::Base64Escape(std::string(32, filler)) + "\n"; }

const EntryKey kObject{"Secret", "shop", "web"};
const SecretPlace kPlace{kObject, "password"};

class SecretKeysTest : public ::testing::Test {
 protected:
  static SecretKeys keys(const std::string& text) { return SecretKeys::parse(text).value(); }
  std::string seal(const SecretKeys& keys, std::string_view value) {
    return keys.seal(kPlace, value, context_.random);
  }

  ChangeContext context_ = test_context();
};

TEST_F(SecretKeysTest, OpensWhatItSealed) {
  const SecretKeys one = keys(line('a'));
  for (const std::string& value : {std::string(), std::string("hunter2"), std::string("\0\xff", 2),
                                   std::string(1024 * 1024, 'x')}) {
    const std::string sealed = seal(one, value);
    EXPECT_TRUE(sealed.starts_with("sealed:1:"));
    EXPECT_EQ(one.open(kPlace, sealed).value(), value);
    EXPECT_TRUE(one.is_newest(sealed));
  }
  EXPECT_NE(seal(one, "hunter2"), seal(one, "hunter2")) << "each has a nonce of its own";
}

TEST_F(SecretKeysTest, EveryChangedCharacterIsNoticed) {
  const SecretKeys one = keys(line('a'));
  // Of a length for which base64 has no padding: every character counts.
  const std::string sealed = seal(one, "hunter22");
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string other = sealed;
    other[i] = other[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(one.open(kPlace, other).ok()) << i;
    EXPECT_FALSE(one.open(kPlace, sealed.substr(0, i)).ok()) << i;
  }
}

TEST_F(SecretKeysTest, AValueOpensInNoOtherPlace) {
  const SecretKeys one = keys(line('a'));
  const std::string sealed = seal(one, "hunter2");
  const EntryKey objects[] = {
      {"Secret", "shop", "we"}, {"Secret", "bank", "web"}, {"Secre", "tshop", "web"}};
  for (const EntryKey& object : objects) {
    EXPECT_TRUE(absl::IsDataLoss(one.open({object, "password"}, sealed).status()));
  }
  EXPECT_TRUE(absl::IsDataLoss(one.open({kObject, "passwor"}, sealed).status()));
}

TEST_F(SecretKeysTest, TheFirstSealsAndAllOpen) {
  const std::string old = seal(keys(line('a')), "hunter2");
  const SecretKeys both = keys("# new\n" + line('b') + "\n" + line('a'));
  EXPECT_EQ(both.open(kPlace, old).value(), "hunter2");
  EXPECT_FALSE(both.is_newest(old));
  const std::string sealed = seal(both, "hunter2");
  EXPECT_TRUE(keys(line('b')).open(kPlace, sealed).ok());
  const absl::Status unknown = keys(line('a')).open(kPlace, sealed).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(unknown)) << unknown;
}

TEST_F(SecretKeysTest, FingerprintsTellValuesApart) {
  const SecretKeys one = keys(line('a'));
  EXPECT_EQ(one.fingerprint(kPlace, "x"), one.fingerprint(kPlace, "x"));
  EXPECT_NE(one.fingerprint(kPlace, "x"), one.fingerprint(kPlace, "y"));
  EXPECT_NE(one.fingerprint(kPlace, "x"), one.fingerprint({kObject, "other"}, "x"));
  EXPECT_NE(one.fingerprint(kPlace, "x"), keys(line('b')).fingerprint(kPlace, "x"));
}

TEST_F(SecretKeysTest, RefusesOtherFilesAndTellsNothingOfThem) {
  for (const std::string& text :
       {std::string(), std::string("# none\n"), line('a') + "hunter2\n", line('a') + line('a'),
        absl::Base64Escape(std::string(31, 'a'))}) {
    const absl::Status refused = SecretKeys::parse(text).status();
    EXPECT_TRUE(absl::IsInvalidArgument(refused));
    EXPECT_FALSE(contains(std_view(refused.message()), "hunter2"));
  }
}

TEST_F(SecretKeysTest, AFileIsReadWhenItHasChanged) {
  const TemporaryDirectory directory;
  const std::filesystem::path path = directory / "secrets.key";
  const auto write = [&](const std::string& text) {
    std::ofstream(path) << text;
    ::chmod(path.c_str(), 0600);
  };
  SecretKeyFile file(path);
  EXPECT_TRUE(absl::IsNotFound(file.refresh().status()));
  write(line('a'));
  EXPECT_NE(file.refresh().value(), nullptr);
  EXPECT_EQ(file.refresh().value(), nullptr);
  write("nothing");
  EXPECT_FALSE(file.refresh().ok());
  write(line('b') + line('a'));
  EXPECT_NE(file.refresh().value(), nullptr);
  ::chmod(path.c_str(), 0640);
  EXPECT_TRUE(absl::IsFailedPrecondition(file.refresh().status()));
}

}  // namespace
}  // namespace limpet
