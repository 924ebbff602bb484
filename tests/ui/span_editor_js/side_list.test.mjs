import assert from "node:assert/strict";
import { test } from "node:test";
import { about, withTalk } from "../../../tokapp/ui/span_editor/static/side_list.js";

test("a row says its label, how sure the model is, and how many comments wait", () => {
  const mark = { start: 0, end: 4, label: "feature", score: 0.87, suggested: true };
  assert.equal(withTalk(about(mark), 0), "feature 87 %");
  assert.equal(withTalk(about({ ...mark, score: null }), 1), "feature · 1 comment");
  assert.equal(withTalk(about(mark), 2), "feature 87 % · 2 comments");
});
