#include "engine_journal.h"

#include "store/disk/log_over_engine.h"
#include "support/fake_host.h"
#include "support/plugin_module.h"

namespace tenon::test {
namespace {

class EngineJournalInstance final : public JournalInstance {
 public:
  EngineJournalInstance(const std::string& module_path, DiskBackend& disk, const std::string& dir,
                        const std::string& options)
      : host_(disk, dir, options),
        plugin_(start_plugin(PluginModule(module_path).plugin_of_kind(TENON_STORAGE_ID), host_.get())),
        storage_(static_cast<const tenon_storage*>(plugin_->get_interface(plugin_.get(), TENON_STORAGE_ID))) {
  }
  ~EngineJournalInstance() override { close_engine(); }

  const tenon_log& table() const override { return over_->table(); }
  tenon_plugin* self() override { return over_->self(); }
  tenon_status open(tenon_journal** ret_journal, tenon_error* error) override {
    tenon_engine_info info{};
    info.struct_size = sizeof info;
    if (const tenon_status status = storage_->open(plugin_.get(), &engine_, &info, error); status != TENON_OK)
      return status;
    over_ = std::make_unique<store::LogOverEngine>(*storage_, engine_, store::LogOverEngine::Spaces{3, 4},
                                                   turns_);
    const tenon_status status = table().open(self(), ret_journal, error);
    if (status != TENON_OK) close_engine();
    return status;
  }
  void close(tenon_journal* journal) override {
    table().close(journal);
    close_engine();
  }
  std::string log_text() const override { return host_.log_text(); }
  std::uint32_t health() const override { return host_.health(); }

 private:
  void close_engine() {
    if (engine_ != nullptr) storage_->close(engine_);
    engine_ = nullptr;
  }

  FakeHost host_;
  PluginInstance plugin_;
  const tenon_storage* storage_;
  tenon_engine* engine_ = nullptr;
  std::mutex turns_;
  std::unique_ptr<store::LogOverEngine> over_;
};

}  // namespace

JournalUnderTest engine_journal(std::string name, std::string module_path, std::string options_json) {
  JournalUnderTest journal;
  journal.name = std::move(name);
  journal.start = [module_path, options_json](DiskBackend& disk, const std::string& dir) {
    return std::make_unique<EngineJournalInstance>(module_path, disk, dir, options_json);
  };
  return journal;
}

}  // namespace tenon::test
