// Lists the families that an exposition says of datasets and of the scrape, in
// the order in which they are written.
//
// These names are our public interface: renaming one breaks dashboards.

#pragma once

#include <array>
#include <string_view>

#include "expose/text_writer.h"

namespace exporter {

inline constexpr Family kSyncStatusFamily = {
    "modelarts_dataset_sync_status", FamilyType::kGauge, "",
    "State of the latest sync task of the dataset, one series per state, 1 for "
    "the current one (API field status)."};

inline constexpr Family kSamplesFamily = {
    "modelarts_dataset_samples", FamilyType::kGauge, "",
    "Samples in the dataset (API field total_sample_count)."};

inline constexpr Family kAddedSamplesFamily = {
    "modelarts_dataset_sync_added_samples", FamilyType::kGauge, "",
    "Samples added by the latest sync task (API field add_sample_count)."};

inline constexpr Family kDeletedSamplesFamily = {
    "modelarts_dataset_sync_deleted_samples", FamilyType::kGauge, "",
    "Samples deleted by the latest sync task (API field "
    "deleted_sample_count)."};

inline constexpr Family kSyncDurationFamily = {
    "modelarts_dataset_sync_duration_seconds", FamilyType::kGauge, "seconds",
    "Running time of the latest sync task (API field duration_time)."};

inline constexpr Family kCreationFamily = {
    "modelarts_dataset_sync_creation_timestamp_seconds", FamilyType::kGauge,
    "seconds",
    "Unix time at which the latest sync task was created (API field "
    "create_time)."};

inline constexpr Family kSyncErrorFamily = {
    "modelarts_dataset_sync_error", FamilyType::kGauge, "",
    "1 while the latest sync task is FAILED, by its error code (API field "
    "error_code); else absent."};

inline constexpr Family kLastCompletedFamily = {
    "modelarts_dataset_sync_last_completed_timestamp_seconds",
    FamilyType::kGauge, "seconds",
    "Unix time at which the last COMPLETED sync task seen by this process "
    "ended; absent until one was seen."};

inline constexpr Family kSyncTasksFamily = {
    "modelarts_dataset_sync_tasks_total", FamilyType::kCounter, "",
    "Sync tasks that this process saw end, by the state they ended in."};

// What OpenMetrics 1.0 adds to it on demand.
inline constexpr std::string_view kSyncTasksCreated =
    "modelarts_dataset_sync_tasks_created";

inline constexpr Family kInfoFamily = {
    "modelarts_dataset_info", FamilyType::kInfo, "",
    "Name, region and configured labels of the dataset."};

inline constexpr Family kQuerySuccessFamily = {
    "modelarts_dataset_query_success", FamilyType::kGauge, "",
    "Whether the state of the dataset was obtained for this scrape."};

inline constexpr Family kQueryFailureFamily = {
    "modelarts_dataset_query_failure", FamilyType::kGauge, "",
    "1 for the reason why the state of the dataset was not obtained for this "
    "scrape; absent when it was."};

inline constexpr Family kQueryDurationFamily = {
    "modelarts_dataset_query_duration_seconds", FamilyType::kGauge, "seconds",
    "Time that the latest query for the state of the dataset took, retries and "
    "waiting included."};

inline constexpr Family kLastQueryFamily = {
    "modelarts_dataset_last_query_timestamp_seconds", FamilyType::kGauge,
    "seconds",
    "Unix time at which the state of the dataset was last obtained; absent "
    "until it was."};

inline constexpr Family kScrapeDurationFamily = {
    "modelarts_scrape_duration_seconds", FamilyType::kGauge, "seconds",
    "Time that this scrape took to collect its datasets."};

inline constexpr Family kScrapeTimeoutFamily = {
    "modelarts_scrape_timeout_seconds", FamilyType::kGauge, "seconds",
    "Time budget of this scrape."};

inline constexpr Family kScrapeErrorsFamily = {
    "modelarts_scrape_errors", FamilyType::kGauge, "",
    "Datasets whose state was not obtained in this scrape."};

inline constexpr std::array kFamilies = {
    kSyncStatusFamily,     kSamplesFamily,       kAddedSamplesFamily,
    kDeletedSamplesFamily, kSyncDurationFamily,  kCreationFamily,
    kSyncErrorFamily,      kLastCompletedFamily, kSyncTasksFamily,
    kInfoFamily,           kQuerySuccessFamily,  kQueryFailureFamily,
    kQueryDurationFamily,  kLastQueryFamily,     kScrapeDurationFamily,
    kScrapeTimeoutFamily,  kScrapeErrorsFamily};

}  // namespace exporter
