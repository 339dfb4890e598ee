#pragma once

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/disk.h"

namespace tenon::host::test {

// Files in memory: enough of a disk for the host table that stands before it.
class FakeDisk final : public Disk {
 public:
  using Content = std::vector<std::uint8_t>;

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    const bool is_there = files.contains(path);
    if (mode == OpenMode::create_new && is_there) return Error{Errc::exists, path + " is there already"};
    if (!is_there && (mode == OpenMode::read || mode == OpenMode::read_write))
      return Error{Errc::not_found, path + ": no such file"};
    if (!is_there) files[path] = std::make_shared<Content>();
    return std::unique_ptr<File>(new FakeFile(files[path], this));
  }
  Status rename(const std::string& from, const std::string& to) override {
    files[to] = files[from];
    files.erase(from);
    return {};
  }
  Status remove(const std::string& path) override {
    return files.erase(path) > 0 ? Status{} : Status{Error{Errc::not_found, path + ": no such file"}};
  }
  Status make_dirs(const std::string& path) override {
    if (fail_with) return *fail_with;
    dirs.insert(path);
    return {};
  }
  Status sync_dir(const std::string& path) override {
    synced.push_back(path);
    return {};
  }
  Status list(const std::string& path,
              const std::function<void(std::string_view name, bool is_dir)>& visit) override {
    for (const auto& [name, content] : files)
      if (name.starts_with(path + "/")) visit(name.substr(path.size() + 1), false);
    return {};
  }
  Result<std::uint64_t> free_bytes(const std::string&) override { return std::uint64_t{12345}; }

  std::map<std::string, std::shared_ptr<Content>> files;
  std::set<std::string> dirs;
  std::vector<std::string> synced;
  std::optional<Error> fail_with;  // what writes and make_dirs answer

 private:
  class FakeFile final : public File {
   public:
    FakeFile(std::shared_ptr<Content> content, FakeDisk* disk) : content_(std::move(content)), disk_(disk) {}
    Result<std::size_t> pread(std::uint64_t offset, std::span<std::uint8_t> out) override {
      if (offset >= content_->size()) return std::size_t{0};
      const std::size_t count = std::min(out.size(), content_->size() - static_cast<std::size_t>(offset));
      std::memcpy(out.data(), content_->data() + offset, count);
      return count;
    }
    Status pwrite_v(std::uint64_t offset, std::span<const Bytes> spans) override {
      if (disk_->fail_with) return *disk_->fail_with;
      for (const Bytes span : spans) {
        content_->resize(std::max(content_->size(), static_cast<std::size_t>(offset) + span.size()));
        std::copy(span.begin(), span.end(), content_->begin() + static_cast<std::ptrdiff_t>(offset));
        offset += span.size();
      }
      return {};
    }
    Status fdatasync() override { return disk_->fail_with ? Status{*disk_->fail_with} : Status{}; }
    Status truncate(std::uint64_t size_bytes) override {
      content_->resize(static_cast<std::size_t>(size_bytes));
      return {};
    }
    Result<std::uint64_t> size() override { return std::uint64_t{content_->size()}; }

   private:
    std::shared_ptr<Content> content_;
    FakeDisk* disk_;
  };
};

}  // namespace tenon::host::test
