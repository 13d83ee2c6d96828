// The node's last-known-good file. An input that begins with 'r' has the records' payloads as its
// parts, and gets their checksums here: else no mutation would come past these. Of any other, what
// follows the first byte is the file.
#include <filesystem>
#include <fstream>
#include <iterator>

#include "core/base/secure_hash.h"
#include "core/snapshot/wire.h"
#include "proxy/control/state_file.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/temporary_directory.h"

namespace limpet::fuzz {
namespace {

std::filesystem::path path() {
  static const TemporaryDirectory directory;
  return directory / "state.log";
}

std::string file_of(const std::vector<std::string_view>& payloads) {
  std::string file = "limpet state 1\n";
  for (const std::string_view payload : payloads) {
    for (unsigned i = 0; i < 4; ++i) file.push_back(static_cast<char>(payload.size() >> (8 * i)));
    const Sha256 hash = sha256_of_parts({payload});
    file.append(reinterpret_cast<const char*>(hash.data()), 8);
    file += payload;
  }
  return file;
}

std::string payload_of(const Snapshot& from, const Snapshot& to) {
  v1::Delta delta;
  *delta.mutable_from() = to_proto(from.id());
  *delta.mutable_to() = to_proto(to.id());
  delta.set_chunks(1);
  const Delta difference = Snapshot::diff(from, to);
  for (const EntryPtr& entry : difference.upserts) {
    *delta.add_upserts() = encode_entry(*entry, nullptr);
  }
  for (const EntryKey& key : difference.removed) *delta.add_removed() = to_proto(key);
  return delta.SerializeAsString();
}

}  // namespace

std::vector<std::string> seeds() {
  const Epoch epoch = Epoch::make(1'700'000'000'000, 1);
  const auto entry = [](const std::string& name, uint64_t revision) {
    return std::make_shared<const Entry>(Entry{{"Service", "shop", name}, revision, "x"});
  };
  const Snapshot one = Snapshot().apply({{entry("a", 1), entry("b", 1)}, {}}, epoch, 1);
  const Snapshot two = one.apply({{entry("c", 2)}, {{"Service", "shop", "a"}}}, epoch, 2);
  const std::vector<std::string> payloads{payload_of(Snapshot(), one), payload_of(one, two)};
  return {"f" + file_of({payloads.begin(), payloads.end()}), "r" + join(payloads),
          "r" + join({payloads[0]})};
}

}  // namespace limpet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace limpet;
  if (size == 0) return 0;
  const std::string_view rest = fuzz::text_of(data, size).substr(1);
  const std::string file = data[0] == 'r' ? fuzz::file_of(fuzz::split(rest)) : std::string(rest);
  std::filesystem::remove(fuzz::path());
  std::ofstream(fuzz::path(), std::ios::binary) << file;
  const StateFile::Loaded loaded = StateFile(fuzz::path()).load();
  fuzz::require_digest(loaded.snapshot);
  fuzz::require(loaded.snapshot.id().revision != 0 || loaded.snapshot.size() == 0,
                "there is no state before the first revision");
  return 0;
}
