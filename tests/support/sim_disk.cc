#include "support/sim_disk.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace tenon::test {

// An open file. Dead once the process that opened it has ended.
class SimFile final : public DiskBackendFile {
 public:
  SimFile(SimDisk& disk, std::string path, std::shared_ptr<SimInode> inode, bool may_write)
      : disk_(disk),
        path_(std::move(path)),
        inode_(std::move(inode)),
        epoch_(disk.epoch_),
        may_write_(may_write) {}

  tenon_status pread(std::uint64_t offset, std::span<std::uint8_t> out, std::uint64_t* ret_len) override {
    const std::lock_guard lock(disk_.mutex_);
    if (const auto fate = disk_.begin(DiskOp::pread, path_, false); fate.status != TENON_OK || is_dead())
      return TENON_E_IO;
    if (disk_.is_unreadable(path_, offset, offset + out.size())) return TENON_E_IO;
    *ret_len = inode_->read(offset, out);
    return TENON_OK;
  }
  tenon_status pwrite_v(std::uint64_t offset, std::span<const tenon_bytes> spans) override {
    const std::lock_guard lock(disk_.mutex_);
    if (is_dead()) return TENON_E_IO;
    return may_write_ ? disk_.pwrite(*inode_, path_, offset, spans) : TENON_E_DENIED;
  }
  tenon_status fdatasync() override {
    const std::lock_guard lock(disk_.mutex_);
    return is_dead() ? TENON_E_IO : disk_.fdatasync(*inode_, path_);
  }
  tenon_status truncate(std::uint64_t len) override {
    const std::lock_guard lock(disk_.mutex_);
    if (is_dead()) return TENON_E_IO;
    return may_write_ ? disk_.truncate(*inode_, path_, len) : TENON_E_DENIED;
  }
  tenon_status size(std::uint64_t* ret_len) override {
    const std::lock_guard lock(disk_.mutex_);
    if (is_dead()) return TENON_E_IO;
    *ret_len = inode_->size();
    return TENON_OK;
  }

 private:
  bool is_dead() const { return disk_.is_cut_ || epoch_ != disk_.epoch_; }

  SimDisk& disk_;
  const std::string path_;
  const std::shared_ptr<SimInode> inode_;
  const std::uint64_t epoch_;
  const bool may_write_;
};

const DiskFault* SimDisk::matching_fault(DiskOp op, const std::string& path) {
  for (DiskFault& fault : faults_) {
    if (fault.op != op || path.find(fault.path_part) == std::string::npos) continue;
    if (fault.skip_count > 0) {
      --fault.skip_count;
      continue;
    }
    if (fault.fail_count == 0) continue;
    --fault.fail_count;
    return &fault;
  }
  return nullptr;
}

bool SimDisk::is_unreadable(const std::string& path, std::uint64_t offset, std::uint64_t end) const {
  return std::any_of(unreadable_.begin(), unreadable_.end(), [&](const Place& place) {
    return place.path == path && offset < place.end && place.begin < end;
  });
}

SimDisk::Fate SimDisk::begin(DiskOp op, const std::string& path, bool changes) {
  if (is_cut_) return {TENON_E_IO, false};
  ++counts_[static_cast<std::size_t>(op)];
  if (changes && change_count_++ == cut_at_) {
    is_cut_ = true;
    return {TENON_OK, true};
  }
  const DiskFault* fault = matching_fault(op, path);
  return {fault ? fault->status : TENON_OK, false};
}

tenon_status SimDisk::open(const std::string& path, std::uint32_t flags,
                           std::unique_ptr<DiskBackendFile>* ret_file) {
  const std::lock_guard lock(mutex_);
  const SimEntry* entry = names_.find(path);
  const bool creates = entry == nullptr && (flags & TENON_FILE_CREATE) != 0;
  const Fate fate = begin(DiskOp::open, path, creates);
  if (fate.status != TENON_OK) return fate.status;
  if (entry == nullptr && !creates) return end(fate, TENON_E_NOT_FOUND);
  if (entry != nullptr && (flags & TENON_FILE_EXCLUSIVE) != 0) return end(fate, TENON_E_EXISTS);
  if (entry != nullptr && entry->is_dir()) return end(fate, TENON_E_INVALID);
  if (creates && !exists(SimNames::parent_of(path))) return end(fate, TENON_E_NOT_FOUND);
  if (creates) names_.add(path, {std::make_shared<SimInode>()});
  *ret_file =
      std::make_unique<SimFile>(*this, path, names_.find(path)->inode, (flags & TENON_FILE_WRITE) != 0);
  return end(fate, TENON_OK);
}

// The front part of `bytes` that the capacity leaves room for.
std::vector<std::uint8_t> SimDisk::fitting(const SimInode& inode, std::uint64_t offset,
                                           std::vector<std::uint8_t> bytes) {
  if (capacity_bytes_ == never) return bytes;
  const std::uint64_t used = used_bytes();
  const std::uint64_t free_bytes = capacity_bytes_ > used ? capacity_bytes_ - used : 0;
  const std::uint64_t end_max = inode.size() + free_bytes;
  if (offset + bytes.size() > end_max) bytes.resize(end_max > offset ? end_max - offset : 0);
  return bytes;
}

tenon_status SimDisk::pwrite(SimInode& inode, const std::string& path, std::uint64_t offset,
                             std::span<const tenon_bytes> spans) {
  const Fate fate = begin(DiskOp::pwrite, path, true);
  std::vector<std::uint8_t> bytes;
  for (const tenon_bytes& span : spans) bytes.insert(bytes.end(), span.data, span.data + span.len);
  const std::uint64_t wanted = bytes.size();
  if (fate.status != TENON_OK) bytes.resize(random_.below(wanted + 1) / 2);  // never all of it
  bytes = fitting(inode, offset, std::move(bytes));
  inode.write(offset, bytes);
  written_bytes_ += bytes.size();
  if (fate.status != TENON_OK) return fate.status;
  return end(fate, bytes.size() == wanted ? TENON_OK : TENON_E_NOSPACE);
}

tenon_status SimDisk::fdatasync(SimInode& inode, const std::string& path) {
  const Fate fate = begin(DiskOp::fdatasync, path, true);
  if (fate.status != TENON_OK)
    inode.fail_sync(random_);
  else if (!fate.is_cut)
    inode.sync();
  return fate.status != TENON_OK ? fate.status : end(fate, TENON_OK);
}

tenon_status SimDisk::truncate(SimInode& inode, const std::string& path, std::uint64_t len) {
  const Fate fate = begin(DiskOp::truncate, path, true);
  if (fate.status != TENON_OK) return fate.status;
  inode.truncate(len);
  return end(fate, TENON_OK);
}

tenon_status SimDisk::rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  const Fate fate = begin(DiskOp::rename, from, true);
  if (fate.status != TENON_OK) return fate.status;
  const SimEntry* source = names_.find(from);
  if (source == nullptr || !exists(SimNames::parent_of(to))) return end(fate, TENON_E_NOT_FOUND);
  const SimEntry* target = names_.find(to);
  if (target != nullptr && (target->is_dir() || source->is_dir())) return end(fate, TENON_E_EXISTS);
  names_.rename(from, to);
  return end(fate, TENON_OK);
}

tenon_status SimDisk::remove(const std::string& path) {
  const std::lock_guard lock(mutex_);
  const Fate fate = begin(DiskOp::remove, path, true);
  if (fate.status != TENON_OK) return fate.status;
  if (!exists(path)) return end(fate, TENON_E_NOT_FOUND);
  if (!names_.list(path).empty()) return end(fate, TENON_E_EXISTS);
  names_.remove(path);
  return end(fate, TENON_OK);
}

tenon_status SimDisk::make_dir(const std::string& path) {
  const std::lock_guard lock(mutex_);
  const Fate fate = begin(DiskOp::make_dir, path, true);
  if (fate.status != TENON_OK) return fate.status;
  if (exists(path)) return end(fate, TENON_E_EXISTS);
  if (!exists(SimNames::parent_of(path))) return end(fate, TENON_E_NOT_FOUND);
  names_.add(path, {});
  return end(fate, TENON_OK);
}

tenon_status SimDisk::sync_dir(const std::string& path) {
  const std::lock_guard lock(mutex_);
  const Fate fate = begin(DiskOp::sync_dir, path, true);
  if (fate.status != TENON_OK) return fate.status;
  if (!exists(path)) return end(fate, TENON_E_NOT_FOUND);
  if (!fate.is_cut) names_.sync_dir(path);
  return end(fate, TENON_OK);
}

tenon_status SimDisk::list(const std::string& path,
                           const std::function<tenon_status(std::string_view, bool)>& visit) {
  const std::lock_guard lock(mutex_);
  if (const Fate fate = begin(DiskOp::list, path, false); fate.status != TENON_OK) return fate.status;
  const SimEntry* entry = names_.find(path);
  if (entry == nullptr || !entry->is_dir()) return TENON_E_NOT_FOUND;
  for (const std::string& name : names_.list(path)) {
    const SimEntry* child = names_.find(path == "/" ? "/" + name : path + "/" + name);
    if (const tenon_status status = visit(name, child->is_dir()); status != TENON_OK) return status;
  }
  return TENON_OK;
}

tenon_status SimDisk::space(const std::string&, std::uint64_t* ret_bytes) {
  const std::lock_guard lock(mutex_);
  if (is_cut_) return TENON_E_IO;
  const std::uint64_t used = used_bytes();
  *ret_bytes = capacity_bytes_ > used ? capacity_bytes_ - used : 0;
  return TENON_OK;
}

std::uint64_t SimDisk::used_bytes() const {
  const std::lock_guard lock(mutex_);
  std::uint64_t bytes = 0;
  for (const auto& inode : names_.inodes()) bytes += inode->size();
  return bytes;
}

void SimDisk::end_process() {
  ++epoch_;
  cut_at_ = never;
  is_cut_ = false;
}

void SimDisk::kill() {
  const std::lock_guard lock(mutex_);
  end_process();
}

void SimDisk::lose_power() {
  const std::lock_guard lock(mutex_);
  constexpr std::uint32_t chances[] = {0, 10, 50, 90, 100};
  const std::uint32_t keep_percent = chances[random_.below(std::size(chances))];
  for (const auto& inode : names_.inodes()) inode->lose_power(random_, keep_percent);
  names_.lose_power(random_);
  end_process();
}

const std::vector<std::uint8_t>& SimDisk::content(const std::string& path) const {
  const SimEntry* entry = names_.find(path);
  if (entry == nullptr || entry->is_dir()) throw std::out_of_range("there is no file " + path);
  return entry->inode->content();
}

void SimDisk::set_content(const std::string& path, std::vector<std::uint8_t> content) {
  const std::lock_guard lock(mutex_);
  if (!exists(path)) {
    names_.add(path, {std::make_shared<SimInode>()});
    names_.sync_dir(SimNames::parent_of(path));
  }
  names_.find(path)->inode->overwrite(std::move(content));
}

void SimDisk::flip_bit(const std::string& path, std::uint64_t bit) {
  const std::lock_guard lock(mutex_);
  std::vector<std::uint8_t> bytes = content(path);
  bytes.at(bit / 8) = static_cast<std::uint8_t>(bytes.at(bit / 8) ^ (1u << (bit % 8)));
  set_content(path, std::move(bytes));
}

}  // namespace tenon::test
