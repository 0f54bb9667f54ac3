// Made by `cargo xtask bindings` from the Rust types. Do not edit.

export type Level = 'group' | 'company' | 'project_office' | 'section';
export type VisitKind =
  | 'fault'
  | 'installation'
  | 'upgrade'
  | 'data_processing'
  | 'training'
  | 'presales'
  | 'return_visit'
  | 'preventive';
export type State =
  | 'planned'
  | 'agreed'
  | 'on_the_way'
  | 'arrived'
  | 'working'
  | 'presented'
  | 'sealed'
  | 'cancelled';
export type StepKind =
  | 'agree'
  | 'reschedule'
  | 'depart'
  | 'arrive'
  | 'begin'
  | 'enter_afterwards'
  | 'present'
  | 'sign'
  | 'withdraw'
  | 'cancel'
  | 'amend';
export type Means = 'phone' | 'message' | 'mail' | 'in_person';
export type Solved = 'solved' | 'not_solved';
export type Role = 'photo' | 'file' | 'signature' | 'signed_paper';
export type WhenFailed = 'remark_or_photo' | 'remark' | 'photo' | 'nothing';
export type ItemOutcome = 'open' | 'passed' | 'failed' | 'not_applicable' | 'note';

export interface Text {
  zh: string;
  en: string;
}
export interface Clause {
  text: string;
  bold: boolean;
}
export interface Company {
  legal_name: string;
  short_name: string;
  address: string;
  support_hotline: string;
  supervision_hotline: string;
  support_mail: string;
  web: string;
  logo: string | null;
  receipt_clauses: Clause[];
  privacy_notice: string;
}
export interface Branch {
  code: string;
  name: string;
  region: string;
  phone: string;
  address: string;
  customers_planned: number | null;
  engineers_required: number | null;
}
export interface Engineer {
  branch_id: string | null;
  name: string;
  badge: string;
  phone: string;
  left: boolean;
}
export interface Product {
  code: string;
  name: Text;
  versions: string[];
  quota_editions: string[];
  retired: boolean;
}
export interface Customer {
  branch_id: string | null;
  engineer_id: string | null;
  name: string;
  number: string;
  level: Level;
  parent_id: string | null;
  region: string;
  address: string;
  postcode: string;
  phone: string;
  file_valid_until: string | null;
  key_account: boolean;
  notes: string;
  merged_into: string | null;
  deleted: boolean;
}
export interface Post {
  customer_id: string | null;
  position: string;
  from: string | null;
  to: string | null;
}
export interface Contact {
  branch_id: string | null;
  engineer_id: string | null;
  customer_id: string | null;
  name: string;
  mobile: string;
  phone: string;
  email: string;
  position: string;
  posts: Post[];
  notes: string;
  deleted: boolean;
}
export interface Installation {
  branch_id: string | null;
  engineer_id: string | null;
  customer_id: string | null;
  product_id: string | null;
  product_name: string;
  version: string;
  dongle_number: string;
  quota_edition: string;
  maintenance_until: string | null;
  database_kind: string;
  machine_notes: string;
  deleted: boolean;
}
export interface Companion {
  name: string;
  sales: boolean;
}
export interface Charge {
  charged: boolean;
  note: string;
}
export interface Appointment {
  with: string;
  contact_id: string | null;
  phone: string;
  at: string;
  means: Means;
  agreed_at: string;
}
export interface Rescheduled {
  from: string;
  to: string;
  reason: string;
}
export interface Progress {
  state: State;
  departed_at: string | null;
  arrived_at: string | null;
  started_at: string | null;
  finished_at: string | null;
  sealed_at: string | null;
  no_appointment_reason: string;
  entered_afterwards: string;
  cancelled_reason: string;
  rescheduled: Rescheduled[];
}
export type Outcome =
  | { mode: 'drawn'; name: string; position: string; signature: string; at: string }
  | { mode: 'paper'; name: string; position: string; paper: string; at: string }
  | { mode: 'refused'; reason: string; witness: string; at: string };
export interface Signing {
  presented_at: string;
  text_hash: string;
  outcome: Outcome | null;
}
export interface Visit {
  branch_id: string | null;
  engineer_id: string | null;
  customer_id: string | null;
  kind: VisitKind;
  subject: string;
  planned_on: string | null;
  installation_id: string | null;
  product_id: string | null;
  product_version: string;
  charge: Charge;
  companions: Companion[];
  appointment: Appointment | null;
  progress: Progress;
  checklists: string[];
  demonstrated: string;
  handed_over: string;
  reservations: string;
  internal_notes: string;
  signing: Signing | null;
  revision: number;
  amendment_reason: string;
  deleted: boolean;
}
export type Step =
  | { step: 'agree'; appointment: Appointment }
  | { step: 'reschedule'; appointment: Appointment; reason: string }
  | { step: 'depart'; at: string; without_appointment: string }
  | { step: 'arrive'; at: string }
  | { step: 'begin'; at: string }
  | {
      step: 'enter_afterwards';
      reason: string;
      departed_at: string;
      arrived_at: string;
      finished_at: string;
    }
  | { step: 'withdraw' }
  | { step: 'cancel'; reason: string }
  | { step: 'amend'; reason: string };
export interface Problem {
  branch_id: string | null;
  engineer_id: string | null;
  visit_id: string | null;
  symptom: string;
  cause: string;
  explanation: string;
  action: string;
  guidance: string;
  solved: Solved | null;
  deleted: boolean;
}
export interface Question {
  branch_id: string | null;
  engineer_id: string | null;
  visit_id: string | null;
  question: string;
  answer: string;
  deleted: boolean;
}
export interface OpenPoint {
  branch_id: string | null;
  engineer_id: string | null;
  customer_id: string | null;
  visit_id: string | null;
  text: string;
  who: string;
  due: string | null;
  done_on: string | null;
  done_visit_id: string | null;
  deleted: boolean;
}
export interface Choice {
  id: string;
  text: Text;
  fails: boolean;
}
export type AnswerKind =
  | { kind: 'yes_no' }
  | { kind: 'choice'; options: Choice[]; expected: string | null }
  | { kind: 'choices'; options: Choice[] }
  | { kind: 'number'; unit: string; min: number | null; max: number | null }
  | { kind: 'text' }
  | { kind: 'date' }
  | { kind: 'photo' }
  | { kind: 'note' };
export interface ShownWhen {
  item: string;
  is: string[];
}
export interface Item {
  id: string;
  text: Text;
  help: Text;
  answer: AnswerKind;
  required: boolean;
  internal: boolean;
  shown_when: ShownWhen | null;
  when_failed: WhenFailed;
}
export interface Section {
  id: string;
  title: Text;
  items: Item[];
}
export interface Template {
  code: string;
  version: number;
  title: Text;
  visit_kinds: VisitKind[];
  sections: Section[];
  retired: boolean;
}
export interface Answer {
  branch_id: string | null;
  engineer_id: string | null;
  visit_id: string | null;
  template_id: string | null;
  item: string;
  value: unknown;
  remark: string;
}
export interface ItemReview {
  item: string;
  outcome: ItemOutcome;
  missing: boolean;
}
export interface Review {
  items: ItemReview[];
  total: number;
  answered: number;
  failed: number;
  missing: string[];
}
export interface Attachment {
  branch_id: string | null;
  engineer_id: string | null;
  visit_id: string | null;
  about_id: string | null;
  role: Role;
  name: string;
  media_type: string;
  bytes: number;
  hash: string;
  width: number | null;
  height: number | null;
  added_at: string | null;
  caption: string;
}

export interface CustomerEntry {
  id: string;
  customer: Customer;
}
export interface ContactEntry {
  id: string;
  contact: Contact;
}
export interface InstallationEntry {
  id: string;
  installation: Installation;
}
export interface ProblemEntry {
  id: string;
  problem: Problem;
}
export interface QuestionEntry {
  id: string;
  question: Question;
}
export interface OpenPointEntry {
  id: string;
  open_point: OpenPoint;
}
export interface AnswerEntry {
  id: string;
  answer: Answer;
}
export interface AttachmentEntry {
  id: string;
  attachment: Attachment;
}
export interface ProductEntry {
  id: string;
  product: Product;
}
export interface EngineerEntry {
  id: string;
  engineer: Engineer;
}
export interface BranchEntry {
  id: string;
  branch: Branch;
}
export interface TemplateEntry {
  id: string;
  template: Template;
}

export interface Session {
  phase: 'first_start' | 'locked' | 'enrolling' | 'ready';
  keychain: boolean;
  engineer: EngineerEntry | null;
  branch: BranchEntry | null;
  company: Company | null;
  device_code: string | null;
  zone_minutes: number;
  version: string;
}
export interface Settings {
  language: 'zh' | 'en' | 'system';
  theme: 'light' | 'dark' | 'system';
  printers: string[];
  default_printer: string | null;
  save_folder: string;
}
export interface Created {
  id: string;
}
export interface Saved {
  saved_at: string;
  visit_reopened: boolean;
}
export interface SavedFile {
  path: string;
  name: string;
  download: string;
}
export interface CustomerRow {
  id: string;
  name: string;
  level: Level;
  path: string[];
  region: string;
  phone: string;
  contacts: number;
  installations: number;
  file_valid_until: string | null;
  last_visit_at: string | null;
  waiting: boolean;
}
export interface CustomerList {
  total: number;
  rows: CustomerRow[];
}
export interface TimelineEntry {
  at: string | null;
  planned_on: string | null;
  id: string;
  kind: VisitKind;
  title: string;
  state: State;
  number: string | null;
  engineer: string;
}
export interface CustomerFile {
  id: string;
  customer: Customer;
  ancestors: CustomerEntry[];
  children: CustomerRow[];
  contacts: ContactEntry[];
  installations: InstallationEntry[];
  open_points: OpenPointEntry[];
  timeline: TimelineEntry[];
  waiting: boolean;
}
export type Column =
  | 'name'
  | 'group'
  | 'company'
  | 'project_office'
  | 'section'
  | 'level'
  | 'parent'
  | 'number'
  | 'region'
  | 'province'
  | 'city'
  | 'address'
  | 'postcode'
  | 'phone'
  | 'contact_name'
  | 'contact_mobile'
  | 'contact_position'
  | 'contact_email'
  | 'product'
  | 'product_version'
  | 'dongle_number'
  | 'quota_edition'
  | 'maintenance_until'
  | 'database_kind'
  | 'machine_notes'
  | 'file_valid_until'
  | 'notes';
export interface MatchedColumn {
  column: Column;
  index: number;
  confidence: number;
  basis: 'heading' | 'part_of_heading' | 'content' | 'person';
}
export interface Matching {
  columns: MatchedColumn[];
  left_out: number[];
}
export interface SheetPreview {
  format: 'csv' | 'xlsx' | 'xls';
  name_disagrees: boolean;
  encoding: 'utf8' | 'utf8_bom' | 'utf16_le' | 'utf16_be' | 'gbk' | 'gb18030' | null;
  sheet_name: string | null;
  header: string[];
  rows: string[][];
  row_count: number;
}
export interface ImportPreview {
  import: string;
  sheet: SheetPreview;
  matching: Matching;
}
export interface PathPart {
  level: Level;
  name: string;
}
export type RowCode =
  | 'name_missing'
  | 'too_long'
  | 'level_unknown'
  | 'level_conflict'
  | 'date_invalid'
  | 'date_ambiguous'
  | 'date_out_of_range'
  | 'phone_invalid'
  | 'email_invalid'
  | 'spreadsheet_error'
  | 'phone_without_area_code'
  | 'not_a_mobile'
  | 'day_assumed'
  | 'open_ended'
  | 'split_from_name'
  | 'postcode_odd'
  | 'contact_without_name'
  | 'looks_like_total';
export interface RowError {
  column: Column;
  code: RowCode;
  value: string;
}
export interface Draft {
  line: number;
  path: PathPart[];
  number: string | null;
  region: string | null;
  province: string | null;
  city: string | null;
  address: string | null;
  postcode: string | null;
  phones: string[];
  contact: { name: string; mobiles: string[]; position: string | null; emails: string[] } | null;
  installation: {
    product: string | null;
    version: string | null;
    dongle_numbers: string[];
    quota_edition: string | null;
    maintenance_until: string | null;
    database_kind: string | null;
    machine_notes: string | null;
  } | null;
  file_valid_until: string | null;
  notes: string | null;
  errors: RowError[];
  warnings: RowError[];
}
export type With = { kind: 'known'; id: string } | { kind: 'line'; line: number };
export interface Duplicate {
  line: number;
  with: With;
  by: 'dongle' | 'name' | 'phone' | 'similar_name';
  score: number;
}
export interface DuplicateRow {
  duplicate: Duplicate;
  name: string;
  other: string;
}
export interface ImportReview {
  good: number;
  bad: number;
  drafts: Draft[];
  duplicates: DuplicateRow[];
}
export interface Decision {
  line: number;
  action: 'new' | 'skip' | 'merge';
  into: string | null;
}
export interface ImportDone {
  created: number;
  merged: number;
  skipped: number;
  bad: number;
}
export interface VisitRow {
  id: string;
  customer_id: string | null;
  customer: string;
  path: string[];
  kind: VisitKind;
  subject: string;
  state: State;
  at: string | null;
  planned_on: string | null;
  engineer: string;
  mine: boolean;
  number: string | null;
  waiting: boolean;
  conflicts: number;
}
export interface VisitList {
  total: number;
  rows: VisitRow[];
}
export interface OpenPointRow {
  id: string;
  open_point: OpenPoint;
  customer: string;
}
export interface Today {
  date: string;
  visits: VisitRow[];
  upcoming: VisitRow[];
  to_agree: VisitRow[];
  unfinished: VisitRow[];
  open_points: OpenPointRow[];
  expiring: CustomerRow[];
}
export interface Blocker {
  code: string;
  field: string | null;
  record_id: string | null;
  template_id: string | null;
  item: string | null;
}
export interface ChecklistFile {
  template_id: string;
  template: Template;
  answers: AnswerEntry[];
  review: Review;
}
export interface SealRow {
  id: string;
  revision: number;
  number: string;
  hash: string;
  sealed_at: string | null;
  reason: string;
  valid: boolean;
}
export interface VisitFile {
  id: string;
  visit: Visit;
  customer: CustomerEntry | null;
  path: string[];
  contacts: ContactEntry[];
  installations: InstallationEntry[];
  steps: StepKind[];
  blockers: Blocker[];
  checklists: ChecklistFile[];
  problems: ProblemEntry[];
  questions: QuestionEntry[];
  open_points: OpenPointEntry[];
  earlier_open_points: OpenPointEntry[];
  attachments: AttachmentEntry[];
  seals: SealRow[];
  engineer: string;
  mine: boolean;
  waiting: boolean;
}
export interface AnswerSaved {
  answer: AnswerEntry;
  review: Review;
  visit_reopened: boolean;
}
export interface Opinion {
  grade: number;
  words: string;
}
export type SignOutcome =
  | { mode: 'drawn'; name: string; position: string; signature: string }
  | { mode: 'paper'; name: string; position: string; paper: string }
  | { mode: 'refused'; reason: string; witness: string };
export interface Receipt {
  download: string;
  number: string | null;
  hash: string;
  file_name: string;
}
export interface Printer {
  uri: string;
  name: string;
  default: boolean;
  state: string;
}
export interface Hit {
  kind: 'customer' | 'contact' | 'visit' | 'note';
  id: string;
  open: [string, string];
  title: string;
  subtitle: string;
  at: string | null;
}
export interface SyncError {
  code: string;
  message: string;
  retryable: boolean;
  id: string;
}
export interface SyncState {
  revision: number;
  running: boolean;
  step: 'hello' | 'push' | 'pull' | 'upload' | 'download' | null;
  done: number;
  total: number;
  waiting: number;
  waiting_files: number;
  last_ok_at: string | null;
  last_error: SyncError | null;
  refused: number;
  conflicts: number;
  parked: number;
  sent: number;
  received: number;
  hq_address: string | null;
}
export interface QueueRow {
  kind: string;
  id: string;
  title: string;
  fields: string[];
  at: string;
  state: 'waiting' | 'sent' | 'refused';
  code: string | null;
}
export interface SyncHistoryRow {
  at: string;
  ok: boolean;
  sent: number;
  received: number;
  code: string | null;
}

export interface Commands {
  session_state: { args: Record<string, never>; result: Session };
  session_create: { args: { passphrase: string | null }; result: Session };
  session_unlock: { args: { passphrase: string }; result: Session };
  session_enrol: { args: { code: string; device_name: string }; result: Session };
  settings_get: { args: Record<string, never>; result: Settings };
  settings_set: { args: { settings: Settings }; result: Settings };
  record_create: { args: { kind: string; fields: Record<string, unknown> }; result: Created };
  record_set: { args: { kind: string; id: string; fields: Record<string, unknown> }; result: Saved };
  record_delete: { args: { kind: string; id: string }; result: Saved };
  contact_move: { args: { id: string; to: string; position: string; on: string }; result: ContactEntry };
  customer_list: {
    args: {
      query: string;
      levels: Level[];
      validity: 'any' | 'valid' | 'expiring' | 'expired';
      parent_id: string | null;
      offset: number;
      limit: number;
    };
    result: CustomerList;
  };
  customer_get: { args: { id: string }; result: CustomerFile };
  customer_export: { args: { format: 'xlsx' | 'csv_utf8' | 'csv_gbk' }; result: SavedFile };
  import_open: { args: { upload: string; file_name: string }; result: ImportPreview };
  import_check: { args: { import: string; matching: Matching }; result: ImportReview };
  import_errors: { args: { import: string; sentences: Record<string, string>; heading: string }; result: SavedFile };
  import_run: { args: { import: string; decisions: Decision[] }; result: ImportDone };
  products: { args: Record<string, never>; result: ProductEntry[] };
  engineers: { args: Record<string, never>; result: EngineerEntry[] };
  templates: { args: Record<string, never>; result: TemplateEntry[] };
  today: { args: Record<string, never>; result: Today };
  visit_list: {
    args: {
      query: string;
      filter: 'open' | 'mine' | 'sealed' | 'cancelled' | 'all';
      customer_id: string | null;
      offset: number;
      limit: number;
    };
    result: VisitList;
  };
  visit_plan: {
    args: {
      customer_id: string;
      kind: VisitKind;
      subject: string;
      planned_on: string | null;
      installation_id: string | null;
    };
    result: Created;
  };
  visit_get: { args: { id: string }; result: VisitFile };
  visit_step: { args: { id: string; step: Step }; result: VisitFile };
  checklist_add: { args: { visit: string; template: string }; result: VisitFile };
  checklist_remove: { args: { visit: string; template: string }; result: VisitFile };
  answer_set: {
    args: { visit: string; template: string; item: string; value?: unknown; remark?: string };
    result: AnswerSaved;
  };
  section_as_expected: {
    args: { visit: string; template: string; section: string };
    result: { checklist: ChecklistFile; visit_reopened: boolean };
  };
  attachment_add: {
    args: {
      visit: string;
      about: string | null;
      item: { template: string; item: string } | null;
      role: Role;
      upload: string;
      name: string;
      caption: string;
    };
    result: AttachmentEntry;
  };
  attachment_open: { args: { id: string; pixels_max: number | null }; result: { download: string; media_type: string } };
  attachment_save: { args: { id: string }; result: SavedFile };
  visit_present: { args: { id: string }; result: VisitFile };
  visit_sign: {
    args: { id: string; text_hash: string; outcome: SignOutcome; opinion: Opinion | null };
    result: VisitFile;
  };
  receipt_open: {
    args: { visit: string; revision: number | null; language: 'zh' | 'en'; reprint: boolean };
    result: Receipt;
  };
  receipt_save: { args: { visit: string; revision: number | null; language: 'zh' | 'en' }; result: SavedFile };
  receipt_print: {
    args: { visit: string; revision: number | null; language: 'zh' | 'en'; printer: string; copies: number };
    result: { job: string };
  };
  printers: { args: Record<string, never>; result: Printer[] };
  file_reveal: { args: { path: string }; result: Record<string, never> };
  search: { args: { query: string; limit: number }; result: { hits: Hit[] } };
  sync_state: { args: Record<string, never>; result: SyncState };
  sync_start: { args: Record<string, never>; result: SyncState };
  sync_cancel: { args: Record<string, never>; result: SyncState };
  sync_watch: { args: { after: number }; result: SyncState };
  sync_queue: { args: Record<string, never>; result: QueueRow[] };
  sync_history: { args: Record<string, never>; result: SyncHistoryRow[] };
}
