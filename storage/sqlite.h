// Owners for SQLite's handles, with its errors as absl::Status.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include <sqlite3.h>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

namespace limpet::sqlite {

class Database;

// A prepared statement. Parameters count from 1, columns from 0, as SQLite has it. Bound text and
// blobs must stay alive until the next reset() or the end of the statement.
class Statement {
 public:
  Statement& bind(int parameter, int64_t value);
  Statement& bind(int parameter, std::string_view text);
  Statement& bind_blob(int parameter, std::string_view bytes);
  Statement& bind_null(int parameter);

  // True: a row is there to be read.
  absl::StatusOr<bool> step();
  // Steps to the end and makes ready for the next execution.
  absl::Status run();
  void reset();

  int64_t int64(int column) const;
  // Text or blob; valid until the next step.
  std::string_view bytes(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bind_error_ = SQLITE_OK;  // of the first bind that failed; told by step()
};

// One connection, to be used by one thread at a time.
class Database {
 public:
  // Creates the file (mode 0600) when it is not there.
  static absl::StatusOr<Database> open(const std::filesystem::path& path);

  absl::StatusOr<Statement> prepare(std::string_view sql);
  // Any number of statements without parameters; rows are dropped.
  absl::Status execute(const std::string& sql);
  // The first column of the first row.
  absl::StatusOr<int64_t> query_int64(std::string_view sql);
  absl::StatusOr<std::string> query_text(std::string_view sql);
  // Makes `target` hold the pages of this database, in one transaction. Requires: both have pages
  // of one size.
  absl::Status copy_to(Database& target);

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  explicit Database(sqlite3* handle) : handle_(handle) {}

  std::unique_ptr<sqlite3, Close> handle_;
};

// BEGIN IMMEDIATE now, ROLLBACK at the end unless committed.
class Transaction {
 public:
  static absl::StatusOr<Transaction> begin(Database& database);
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  absl::Status commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}

  Database* database_;  // null once done
};

}  // namespace limpet::sqlite
