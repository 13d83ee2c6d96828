// The last-known-good file after anything that can happen to its bytes.
#include <algorithm>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "core/base/secure_hash.h"
#include "core/snapshot/wire.h"
#include "proxy/control/state_file.h"
#include "tests/support/temporary_directory.h"

namespace limpet {
namespace {

const Epoch kEpoch = Epoch::make(1'700'000'000'000, 1);
const Epoch kLaterEpoch = Epoch::make(1'800'000'000'000, 1);

EntryPtr entry(const std::string& name, uint64_t revision, const std::string& bytes) {
  return std::make_shared<const Entry>(Entry{{"Service", "shop", name}, revision, bytes});
}

// A file of seven records: additions, changes, a removal, a revision that changes nothing, and a
// step into a later epoch.
class StateFileDamageTest : public ::testing::Test {
 protected:
  void SetUp() override {
    StateFile file(path_);
    append(file, {{entry("a", 1, "1"), entry("b", 1, std::string(60, 'b'))}, {}}, kEpoch);
    append(file, {{entry("a", 2, "2")}, {}}, kEpoch);
    append(file, {{entry("c", 3, "")}, {{"Service", "shop", "b"}}}, kEpoch);
    append(file, {}, kEpoch);
    append(file, {{entry("d", 5, "5")}, {{"Service", "shop", "absent"}}}, kEpoch);
    append(file, {{entry("a", 6, "6")}, {}}, kLaterEpoch);
    append(file, {{entry("a", 7, "7")}, {{"Service", "shop", "c"}}}, kLaterEpoch);
    whole_ = read();
    ASSERT_EQ(ends_.back(), whole_.size());
  }

  void append(StateFile& file, const Delta& delta, Epoch epoch) {
    const Snapshot& before = states_.back();
    states_.push_back(before.apply(delta, epoch, before.id().revision + 1));
    ASSERT_TRUE(file.append(delta, states_.size() == 2, states_.back()).ok());
    ends_.push_back(std::filesystem::file_size(path_));
  }

  std::string read() const {
    std::ifstream in(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  // Into a new file: some file systems wait for the disk when an old one is cut and written.
  void write(const std::string& bytes) const {
    std::filesystem::remove(path_);
    std::ofstream(path_, std::ios::binary) << bytes;
  }

  // Records that end at or before the offset.
  size_t whole_before(size_t offset) const {
    return static_cast<size_t>(
        std::count_if(ends_.begin(), ends_.end(), [&](size_t end) { return end <= offset; }));
  }

  std::string record(size_t number) const {
    constexpr size_t kMagicSize = 15;
    const size_t begin = number == 0 ? kMagicSize : ends_[number - 1];
    return whole_.substr(begin, ends_[number] - begin);
  }

  // What `bytes` load as: exactly the first `records` records, and a word about the rest.
  void expect(const std::string& bytes, size_t records, bool problem) {
    write(bytes);
    const StateFile::Loaded loaded = StateFile(path_).load();
    const Snapshot& expected = states_[records];
    ASSERT_EQ(loaded.snapshot.id(), expected.id());
    ASSERT_TRUE(Snapshot::diff(loaded.snapshot, expected).empty());
    ASSERT_EQ(!loaded.problem.empty(), problem) << loaded.problem;
  }

  TemporaryDirectory directory_;
  const std::filesystem::path path_ = directory_ / "state.log";
  std::vector<Snapshot> states_{Snapshot()};  // after so many records
  std::vector<size_t> ends_;                  // of the records
  std::string whole_;
};

TEST_F(StateFileDamageTest, CutAtAnyByte) {
  for (size_t size = 0; size <= whole_.size(); ++size) {
    SCOPED_TRACE(size);
    // A cut between two records is a whole file of an older state.
    const bool between = std::count(ends_.begin(), ends_.end(), size) != 0;
    expect(whole_.substr(0, size), whole_before(size), !between);
  }
}

TEST_F(StateFileDamageTest, AnyByteAltered) {
  for (size_t offset = 0; offset < whole_.size(); ++offset) {
    for (const unsigned mask : {0x01U, 0x40U, 0xFFU}) {
      SCOPED_TRACE(testing::Message() << offset << " ^ " << mask);
      std::string bytes = whole_;
      bytes[offset] = static_cast<char>(static_cast<unsigned char>(bytes[offset]) ^ mask);
      expect(bytes, whole_before(offset), true);
    }
  }
}

TEST_F(StateFileDamageTest, AnyByteLostOrDoubled) {
  for (size_t offset = 0; offset < whole_.size(); ++offset) {
    SCOPED_TRACE(offset);
    std::string lost = whole_;
    lost.erase(offset, 1);
    std::string doubled = whole_;
    doubled.insert(offset, 1, whole_[offset]);
    // Where it is like the byte before, the first record that is not whole is a later one.
    for (const std::string& bytes : {lost, doubled}) {
      const auto differs = std::mismatch(bytes.begin(), bytes.end(), whole_.begin(), whole_.end());
      expect(bytes, whole_before(static_cast<size_t>(differs.first - bytes.begin())), true);
    }
  }
}

// Each record is sound; what they tell is not one history.
TEST_F(StateFileDamageTest, RecordsThatDoNotFollow) {
  const auto join = [&](const std::vector<size_t>& records) {
    std::string bytes = whole_.substr(0, 15);
    for (const size_t number : records) bytes += record(number);
    return bytes;
  };
  expect(join({0, 1, 2, 3, 4, 5, 6}), 7, false);
  expect(join({1}), 0, true);
  expect(join({0, 2}), 1, true);
  expect(join({0, 1, 1}), 2, true);
  expect(join({0, 1, 3, 2}), 2, true);
  expect(join({0, 1, 2, 0}), 3, true);  // back to the first state
  expect(join({0, 1, 2, 3, 4, 6}), 5, true);
}

// A record whose sum is right and whose content is wrong: what a faulty program would write.
TEST_F(StateFileDamageTest, ALastRecordThatLies) {
  const auto with_last = [&](const v1::Delta& delta) {
    const std::string payload = delta.SerializeAsString();
    std::string bytes = whole_.substr(0, ends_[5]);
    for (unsigned i = 0; i < 4; ++i) bytes.push_back(static_cast<char>(payload.size() >> (8 * i)));
    const Sha256 hash = sha256_of_parts({payload});
    bytes.append(reinterpret_cast<const char*>(hash.data()), 8);
    return bytes + payload;
  };
  v1::Delta sound;
  ASSERT_TRUE(sound.ParseFromString(record(6).substr(12)));
  expect(with_last(sound), 7, false);

  v1::Delta lies = sound;
  lies.mutable_upserts(0)->set_object("another");
  expect(with_last(lies), 6, true);
  lies = sound;
  lies.clear_removed();
  expect(with_last(lies), 6, true);
  lies = sound;
  lies.mutable_to()->set_digest(std::string(32, 'x'));
  expect(with_last(lies), 6, true);
  lies = sound;
  lies.set_chunks(2);
  expect(with_last(lies), 6, true);
  lies = sound;
  lies.mutable_to()->set_epoch(kLaterEpoch.value() + 1);  // without adoption
  expect(with_last(lies), 6, true);
  lies = sound;
  lies.mutable_upserts(0)->add_patch()->set_size(1U << 31);
  expect(with_last(lies), 6, true);
  expect(with_last(v1::Delta()), 6, true);
}

// What was dropped costs nothing more: the next state is written and found again.
TEST_F(StateFileDamageTest, GoesOnAfterDamage) {
  constexpr size_t kEvery = 29;  // each append waits for the disk
  for (size_t offset = 0; offset < whole_.size(); offset += kEvery) {
    SCOPED_TRACE(offset);
    std::string bytes = whole_;
    bytes[offset] = static_cast<char>(bytes[offset] ^ 0x40);
    write(bytes);
    StateFile file(path_);
    const Snapshot held = file.load().snapshot;
    const Delta delta{{entry("next", 8, "8")}, {}};
    const Snapshot next = held.apply(delta, kLaterEpoch, 8);
    ASSERT_TRUE(file.append(delta, held.id().revision == 0, next).ok());
    const StateFile::Loaded loaded = StateFile(path_).load();
    EXPECT_EQ(loaded.snapshot.id(), next.id());
    EXPECT_EQ(loaded.problem, "");
  }
}

}  // namespace
}  // namespace limpet
