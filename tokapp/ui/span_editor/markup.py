"""The fixed parts of the editor; everything that depends on a document is built by the script from text nodes."""

_UNDO = (
    '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M9 14 4 9l5-5"/><path d="M4 9h10a6 6 0 0 1 0 12h-3"/></svg>'
)
_REDO = (
    '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="m15 14 5-5-5-5"/><path d="M20 9H10a6 6 0 0 0 0 12h3"/></svg>'
)
_KEYS = (
    '<svg viewBox="0 0 24 24" aria-hidden="true"><rect x="3" y="6" width="18" height="12" rx="2"/>'
    '<path d="M7 10h.01M11 10h.01M15 10h.01M8 14h8"/></svg>'
)
_HOW = (
    '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 7h9M17 7h3M4 17h3M11 17h9"/><circle cx="15" cy="7" r="2"/>'
    '<circle cx="9" cy="17" r="2"/></svg>'
)

MARKUP = f"""
<section class="editor" hidden>
  <div class="frame">
    <div class="bar">
      <div class="choices">
        <div class="labels" data-part="labels" role="radiogroup" aria-label="Label to mark with"></div>
        <button type="button" class="chip" data-part="more" title="Find a label (/)" aria-haspopup="dialog" hidden
        ><span class="name"></span><kbd>/</kbd></button>
      </div>
      <div class="tools">
        <label class="threshold" data-part="threshold" hidden>sure at least
          <input type="range" min="0" max="99" step="1"><output></output></label>
        <button type="button" class="tool" data-part="undo" title="Undo (Ctrl Z)" aria-label="Undo">{_UNDO}</button>
        <button type="button" class="tool" data-part="redo" title="Redo (Ctrl Shift Z)" aria-label="Redo"
        >{_REDO}</button>
        <button type="button" class="tool" data-part="how" title="How marks are made" aria-label="How marks are made"
        >{_HOW}</button>
        <button type="button" class="tool" data-part="keys" title="Keys (?)" aria-label="Show the keys">{_KEYS}</button>
        <span class="status" data-part="status" data-state="saved"></span>
      </div>
    </div>
    <div class="text" data-part="text" tabindex="0" role="application" aria-roledescription="text with spans"
         aria-label="Text to label" aria-describedby="span-editor-keys"></div>
    <div class="hint" data-part="hint" hidden></div>
    <p class="note" data-part="note" hidden></p>
    <aside class="side" data-part="side" aria-label="Spans">
      <div class="head">
        <h3>Spans</h3><span class="count" data-part="count"></span><span class="bulk" data-part="bulk" hidden></span>
      </div>
      <ol data-part="list"></ol>
      <p class="none">Drag over words in the text to mark them.</p>
    </aside>
  </div>
  <p class="hidden" id="span-editor-keys">Arrows move by word, Shift selects, Space or the key of a label marks, Tab
    walks through suggestions, y accepts, n rejects and e edits one, Delete removes a span, Enter is done with the text,
    Escape and then Tab leaves it, question mark shows all keys.</p>
  <div class="hidden" data-part="live" role="status" aria-live="polite"></div>
  <div class="card" data-part="card" popover="manual" role="dialog"></div>
  <div class="help" data-part="help" popover="auto" role="dialog" aria-label="Keys" tabindex="-1"></div>
  <div class="how" data-part="options" popover="auto" role="dialog" aria-label="How marks are made"></div>
  <div class="palette" data-part="palette" popover="manual" role="dialog" aria-label="Find a label">
    <input type="text" role="combobox" aria-expanded="true" aria-controls="label-options" aria-autocomplete="list"
           aria-label="Name of the label" placeholder="Type a part of its name" autocomplete="off" spellcheck="false">
    <ul id="label-options" role="listbox" aria-label="Labels"></ul>
  </div>
</section>
"""
