#include "server/snapshot_file.h"

#include <sys/stat.h>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/snapshot/wire.h"
#include "tests/support/temporary_directory.h"

namespace limpet {
namespace {

class SnapshotFileTest : public ::testing::Test {
 protected:
  std::vector<v1::SaveSnapshotResponse> download(const std::string& bytes) {
    const auto path = directory_ / "save.tmp";
    std::ofstream(path, std::ios::binary) << bytes;
    auto file = SnapshotDownload::open(path, saved_);
    EXPECT_TRUE(file.ok()) << file.status();
    EXPECT_FALSE(std::filesystem::exists(path));
    std::vector<v1::SaveSnapshotResponse> messages;
    while (!file->done()) messages.push_back(file->next().value());
    return messages;
  }

  // What a client makes of it when it sends back what it got.
  static v1::RestoreSnapshotRequest back(const v1::SaveSnapshotResponse& message) {
    v1::RestoreSnapshotRequest request;
    request.set_data(message.data());
    request.set_sha256(message.sha256());
    return request;
  }

  std::string kept() {
    std::ifstream file(upload_path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  TemporaryDirectory directory_;
  const StateId saved_{Epoch(7), 3, {}};
  const std::filesystem::path upload_path_ = directory_ / "restore.tmp";
};

TEST_F(SnapshotFileTest, ComesBackAsItWent) {
  for (const size_t size : {size_t{0}, size_t{1}, kMaxSnapshotPart - 1, kMaxSnapshotPart,
                            kMaxSnapshotPart + 1, 2 * kMaxSnapshotPart + 5}) {
    std::string bytes(size, 'x');
    if (size > 2) bytes[size / 2] = '\0';
    const auto messages = download(bytes);
    EXPECT_EQ(from_proto(messages.front().state()), saved_);
    SnapshotUpload upload(upload_path_);
    for (const v1::SaveSnapshotResponse& message : messages) {
      EXPECT_LE(message.data().size(), kMaxSnapshotPart);
      EXPECT_FALSE(upload.complete());
      ASSERT_TRUE(upload.add(back(message)).ok());
    }
    EXPECT_TRUE(upload.complete());
    EXPECT_EQ(kept(), bytes);
  }
}

TEST_F(SnapshotFileTest, IsForItsOwnerAloneAndGoneAtTheEnd) {
  std::optional<SnapshotUpload> upload(std::in_place, upload_path_);
  v1::RestoreSnapshotRequest first;
  first.mutable_options()->set_message("why");
  ASSERT_TRUE(upload->add(first).ok());
  EXPECT_EQ(upload->options().message(), "why");
  struct stat info {};
  ASSERT_EQ(::stat(upload_path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  std::ofstream(upload_path_.string() + "-wal") << "SQLite's";
  upload.reset();
  EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
}

TEST_F(SnapshotFileTest, RefusesWhatDoesNotHaveItsChecksum) {
  SnapshotUpload upload(upload_path_);
  v1::RestoreSnapshotRequest message = back(download("bytes").front());
  message.set_data("Bytes");
  const absl::Status refused = upload.add(message);
  EXPECT_TRUE(absl::IsInvalidArgument(refused)) << refused;
  EXPECT_FALSE(upload.complete());
}

TEST_F(SnapshotFileTest, RefusesWhatIsTooLong) {
  SnapshotUpload upload(upload_path_, 10);
  v1::RestoreSnapshotRequest message;
  message.set_data("12345678");
  ASSERT_TRUE(upload.add(message).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(upload.add(message)));
  SnapshotUpload other(upload_path_);
  message.set_data(std::string(kMaxSnapshotPart + 1, 'x'));
  EXPECT_TRUE(absl::IsInvalidArgument(other.add(message)));
}

TEST_F(SnapshotFileTest, RefusesOptionsThatComeLate) {
  SnapshotUpload upload(upload_path_);
  ASSERT_TRUE(upload.add({}).ok());
  v1::RestoreSnapshotRequest late;
  late.mutable_options()->set_validate_only(true);
  EXPECT_TRUE(absl::IsInvalidArgument(upload.add(late)));
}

}  // namespace
}  // namespace limpet
