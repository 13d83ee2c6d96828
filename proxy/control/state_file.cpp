#include "proxy/control/state_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>

#include "core/base/secure_hash.h"
#include "core/base/text.h"
#include "core/resource/secret.h"
#include "core/snapshot/wire.h"
#include "proxy/control/sync_state.h"
#include "runtime/data_dir.h"

namespace limpet {
namespace {

constexpr std::string_view kMagic = "limpet state 1\n";
constexpr size_t kChecksumSize = 8;
constexpr size_t kRecordHead = 4 + kChecksumSize;
constexpr uint64_t kMaxFileBytes = uint64_t{4} << 30;

// Fills in the head of the record that begins at `begin` and ends with the bytes.
void finish_record(std::string& bytes, size_t begin) {
  const std::string_view payload = std::string_view(bytes).substr(begin + kRecordHead);
  const Sha256 hash = sha256_of_parts({payload});
  for (unsigned i = 0; i < 4; ++i) {
    bytes[begin + i] = static_cast<char>(payload.size() >> (8 * i));
  }
  std::memcpy(bytes.data() + begin + 4, hash.data(), kChecksumSize);
}

std::string encode_record(const v1::Delta& delta) {
  std::string record(kRecordHead, '\0');
  delta.AppendToString(&record);
  finish_record(record, 0);
  return record;
}

// Takes one record off the front. False when there is none that is whole and sound.
bool take_record(std::string_view& bytes, v1::Delta& delta) {
  if (bytes.size() < kRecordHead) return false;
  uint64_t size = 0;
  for (unsigned i = 0; i < 4; ++i) {
    size |= static_cast<uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  }
  if (size > StateFile::kMaxRecordBytes || bytes.size() - kRecordHead < size) return false;
  const std::string_view payload = bytes.substr(kRecordHead, size);
  const Sha256 hash = sha256_of_parts({payload});
  if (std::memcmp(hash.data(), bytes.data() + 4, kChecksumSize) != 0) return false;
  if (!delta.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) return false;
  bytes.remove_prefix(kRecordHead + size);
  return true;
}

v1::Delta to_message(const Delta& delta, const StateId& from, const StateId& to) {
  v1::Delta message;
  *message.mutable_from() = to_proto(from);
  *message.mutable_to() = to_proto(to);
  message.set_chunks(1);
  message.set_adopt(from.revision != 0 && from.epoch != to.epoch);  // it was taken then
  for (const EntryPtr& entry : delta.upserts) {
    *message.add_upserts() = encode_entry(*entry, nullptr);
  }
  for (const EntryKey& key : delta.removed) *message.add_removed() = to_proto(key);
  return message;
}

// A file whose only record begins at the empty state. Made entry by entry, in the place that it is
// written from: as one message, a large state would take several times its size.
std::string encode_file(const Snapshot& state) {
  constexpr size_t kMoreThanTags = 32;  // bytes: fields' tags and sizes, and the revision
  size_t size = 0;
  state.for_each([&](const EntryPtr& entry) {
    const EntryKey& key = entry->key;
    size += key.kind.size() + key.ns.size() + key.name.size() + entry->bytes.size() + kMoreThanTags;
  });
  std::string file(kMagic);
  file.reserve(file.size() + kRecordHead + size);
  file.append(kRecordHead, '\0');
  to_message(Delta(), StateId(), state.id()).AppendToString(&file);
  // Messages one behind the other are read as one with the repeated fields of all.
  v1::Delta part;
  state.for_each([&](const EntryPtr& entry) {
    part.Clear();
    *part.add_upserts() = encode_entry(*entry, nullptr);
    part.AppendToString(&file);
  });
  finish_record(file, kMagic.size());
  return file;
}

// A log keeps what was before: a key that is replaced, or not needed any more, is to go at once.
bool changes_secrets(const Delta& delta) {
  const auto is_secret = [](const EntryKey& key) { return key.kind == kSecretKind; };
  return std::any_of(delta.removed.begin(), delta.removed.end(), is_secret) ||
         std::any_of(delta.upserts.begin(), delta.upserts.end(),
                     [&](const EntryPtr& entry) { return is_secret(entry->key); });
}

// Somebody may have copied the file, or changed its mode.
bool is_owners_alone(int fd) {
  struct stat status = {};
  return ::fstat(fd, &status) == 0 && (status.st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

absl::Status write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return absl::ErrnoToStatus(errno, "cannot append");
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

}  // namespace

StateFile::Loaded StateFile::load() {
  Loaded loaded;
  const absl::StatusOr<std::string> file = read_file(path_, kMaxFileBytes);
  if (!file.ok()) {
    if (!absl::IsNotFound(file.status())) loaded.problem = std::string(file.status().message());
    return loaded;
  }
  struct stat status;
  if (::stat(path_.c_str(), &status) == 0) loaded.written_unix_s = status.st_mtime;
  if (!std::string_view(*file).starts_with(kMagic)) {
    loaded.problem = str_cat(path_.string(), " is not a state file; it will be replaced");
    return loaded;
  }
  std::string_view rest = std::string_view(*file).substr(kMagic.size());
  SyncState state{Snapshot()};
  v1::Delta delta;
  while (take_record(rest, delta)) {
    const SyncState::Update update = state.on_delta(delta);
    if (update.kind != SyncState::Update::Kind::kActivate) break;
    state.accept(update.next);
    loaded.snapshot = update.next;
    size_ = file->size() - rest.size();
    if (update.full) first_record_end_ = size_;
  }
  if (size_ != file->size()) {
    loaded.problem = str_cat(path_.string(), " is damaged after byte ", size_, " of ", file->size(),
                             ": going on with revision ", loaded.snapshot.id().revision,
                             ", the last one that is whole");
  } else {
    written_ = loaded.snapshot.id();
  }
  return loaded;
}

absl::Status StateFile::append(const Delta& delta, bool full, const Snapshot& next) {
  const bool grown = size_ > 2 * first_record_end_ + kMinGrowthBytes;
  if (full || written_.revision == 0 || grown || changes_secrets(delta)) return rewrite(next);
  if (!log_) log_ = Fd(::open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  if (!log_) {
    written_ = StateId();
    return absl::ErrnoToStatus(errno, str_cat("cannot open ", path_.string()));
  }
  if (!is_owners_alone(log_.get())) return rewrite(next);
  const std::string record = encode_record(to_message(delta, written_, next.id()));
  absl::Status status = write_all(log_.get(), record);
  if (status.ok() && ::fdatasync(log_.get()) != 0) {
    status = absl::ErrnoToStatus(errno, "cannot sync");
  }
  if (!status.ok()) {
    written_ = StateId();
    return absl::Status(status.code(), str_cat(path_.string(), ": ", std_view(status.message())));
  }
  size_ += record.size();
  written_ = next.id();
  return absl::OkStatus();
}

absl::Status StateFile::rewrite(const Snapshot& next) {
  log_.reset();
  written_ = StateId();
  const std::string file = encode_file(next);
  const absl::Status status = write_file_atomically(path_, file, 0600);
  if (!status.ok()) return status;
  size_ = first_record_end_ = file.size();
  written_ = next.id();
  return absl::OkStatus();
}

}  // namespace limpet
