#include "service/retain/retain_row.h"

namespace tenon::service::retain {

namespace {

// In the place of a record's version.
constexpr char without_message = 2;

}  // namespace

std::string write_row(const Row& row) {
  std::string bytes =
      row.writers.empty() ? write_record(Retained{row.index, row.message}) : write_record(row);
  if (!row.has_message()) bytes.front() = without_message;
  return bytes;
}

Result<Row> read_row(std::string_view bytes) {
  if (bytes.empty() || bytes.front() != without_message) return read_record<Row>(bytes);
  Row row;
  FormReader form(bytes.substr(1));
  form(row);
  if (!form.ok() || row.has_message())
    return Error{Errc::corrupt, "a record of a store does not hold together"};
  return row;
}

Result<std::optional<Row>> find_row(const kv::StateView& state, std::string_view key, std::string& ret_text) {
  auto value = state.get(key);
  if (!value) return value.error();
  if (!*value) return std::optional<Row>();
  ret_text = std::move(**value);
  const auto row = read_row(ret_text);
  if (!row) return row.error();
  return std::optional<Row>(*row);
}

}  // namespace tenon::service::retain
