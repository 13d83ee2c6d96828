#include "storage/sqlite.h"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

#include "core/base/text.h"

namespace limpet::sqlite {
namespace {

// What the caller can do about it: make room, try again later, restore a backup, or nothing.
absl::StatusCode code_of(int extended_error) {
  switch (extended_error & 0xFF) {
    case SQLITE_FULL:
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG:
      return absl::StatusCode::kResourceExhausted;
    case SQLITE_IOERR:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PERM:
      return absl::StatusCode::kUnavailable;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::StatusCode::kDataLoss;
    default:
      return absl::StatusCode::kInternal;
  }
}

// The error of the operating system behind the newest one of SQLite; 0: none is known. A COMMIT
// does not put it where sqlite3_system_errno looks, but the file that failed has it.
int system_error_of(sqlite3* handle) {
  if (const int error = sqlite3_system_errno(handle); error != 0) return error;
  sqlite3_file* log = nullptr;
  sqlite3_file_control(handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, static_cast<void*>(&log));
  int error = 0;
  if (log != nullptr && log->pMethods != nullptr) {
    log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &error);
  }
  if (error == 0) sqlite3_file_control(handle, "main", SQLITE_FCNTL_LAST_ERRNO, &error);
  return error;
}

// What the operator has to do first.
std::string_view advice_for(int extended_error) {
  switch (extended_error & 0xFF) {
    case SQLITE_FULL:
      return "; make room on its disk, then try again";
    case SQLITE_IOERR:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
      return "; see to its disk, then try again";
    default:
      return "";
  }
}

absl::Status error_of(sqlite3* handle, int error) {
  const absl::StatusCode code = code_of(error);
  const char* file = sqlite3_db_filename(handle, "main");
  std::string message = str_cat(file == nullptr ? "database" : file, ": ", sqlite3_errmsg(handle));
  if (code == absl::StatusCode::kUnavailable) {
    const int os_error = system_error_of(handle);
    if (os_error != 0) message = str_cat(absl::ErrnoToStatus(os_error, message).message());
  }
  return absl::Status(code, str_cat(message, advice_for(error)));
}

}  // namespace

Statement& Statement::bind(int parameter, int64_t value) {
  const int error = sqlite3_bind_int64(statement_.get(), parameter, value);
  if (bind_error_ == SQLITE_OK) bind_error_ = error;
  return *this;
}

Statement& Statement::bind(int parameter, std::string_view text) {
  const int error = sqlite3_bind_text64(statement_.get(), parameter, text.data(), text.size(),
                                        SQLITE_STATIC, SQLITE_UTF8);
  if (bind_error_ == SQLITE_OK) bind_error_ = error;
  return *this;
}

Statement& Statement::bind_blob(int parameter, std::string_view bytes) {
  // A null pointer would bind NULL, and an empty message has no bytes.
  const char* data = bytes.empty() ? "" : bytes.data();
  const int error =
      sqlite3_bind_blob64(statement_.get(), parameter, data, bytes.size(), SQLITE_STATIC);
  if (bind_error_ == SQLITE_OK) bind_error_ = error;
  return *this;
}

Statement& Statement::bind_null(int parameter) {
  const int error = sqlite3_bind_null(statement_.get(), parameter);
  if (bind_error_ == SQLITE_OK) bind_error_ = error;
  return *this;
}

absl::StatusOr<bool> Statement::step() {
  sqlite3* handle = sqlite3_db_handle(statement_.get());
  if (bind_error_ != SQLITE_OK) return error_of(handle, bind_error_);
  const int result = sqlite3_step(statement_.get());
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  return error_of(handle, result);
}

absl::Status Statement::run() {
  absl::StatusOr<bool> row = true;
  while (row.ok() && *row) row = step();
  reset();
  return row.status();
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
  bind_error_ = SQLITE_OK;
}

int64_t Statement::int64(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string_view Statement::bytes(int column) const {
  const void* data = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return std::string_view(static_cast<const char*>(data), static_cast<size_t>(size));
}

absl::StatusOr<Database> Database::open(const std::filesystem::path& path) {
  // Made here for its mode: the file holds keys. SQLite gives its log the same mode.
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return absl::ErrnoToStatus(errno, str_cat("cannot open ", path.string()));
  ::close(fd);
  sqlite3* handle = nullptr;
  const int error = sqlite3_open_v2(
      path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  if (handle == nullptr) return absl::ResourceExhaustedError("out of memory");
  Database database(handle);
  if (error != SQLITE_OK) return error_of(handle, error);
  sqlite3_extended_result_codes(handle, 1);
  return database;
}

absl::StatusOr<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int error = sqlite3_prepare_v2(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                       &statement, nullptr);
  if (error != SQLITE_OK) return error_of(handle_.get(), error);
  return Statement(statement);
}

absl::Status Database::execute(const std::string& sql) {
  const int error = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  return error == SQLITE_OK ? absl::OkStatus() : error_of(handle_.get(), error);
}

absl::StatusOr<int64_t> Database::query_int64(std::string_view sql) {
  absl::StatusOr<Statement> statement = prepare(sql);
  if (!statement.ok()) return statement.status();
  absl::StatusOr<bool> row = statement->step();
  if (!row.ok()) return row.status();
  if (!*row) return absl::NotFoundError(str_cat("no row: ", sql));
  return statement->int64(0);
}

absl::StatusOr<std::string> Database::query_text(std::string_view sql) {
  absl::StatusOr<Statement> statement = prepare(sql);
  if (!statement.ok()) return statement.status();
  absl::StatusOr<bool> row = statement->step();
  if (!row.ok()) return row.status();
  if (!*row) return absl::NotFoundError(str_cat("no row: ", sql));
  return std::string(statement->bytes(0));
}

absl::Status Database::copy_to(Database& target) {
  sqlite3_backup* copy = sqlite3_backup_init(target.handle_.get(), "main", handle_.get(), "main");
  if (copy == nullptr) {
    return error_of(target.handle_.get(), sqlite3_extended_errcode(target.handle_.get()));
  }
  // In one step: the target's transaction is committed with the last page, or rolled back.
  const int stepped = sqlite3_backup_step(copy, -1);
  const int finished = sqlite3_backup_finish(copy);
  if (stepped == SQLITE_DONE && finished == SQLITE_OK) return absl::OkStatus();
  return error_of(target.handle_.get(), finished != SQLITE_OK ? finished : stepped);
}

absl::StatusOr<Transaction> Transaction::begin(Database& database) {
  if (absl::Status begun = database.execute("BEGIN IMMEDIATE"); !begun.ok()) return begun;
  return Transaction(database);
}

Transaction::Transaction(Transaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

Transaction::~Transaction() {
  // Fails only where SQLite has rolled back by itself, as it does when the disk is full.
  if (database_ != nullptr) database_->execute("ROLLBACK").IgnoreError();
}

absl::Status Transaction::commit() {
  if (absl::Status committed = database_->execute("COMMIT"); !committed.ok()) return committed;
  database_ = nullptr;
  return absl::OkStatus();
}

}  // namespace limpet::sqlite
