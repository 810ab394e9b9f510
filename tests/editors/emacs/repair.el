;; The main job in Emacs with eglot: a failing test is seen, its fix is offered, applied and saved, and all is well.
;; Emacs gets no plugin: this is what any client of the protocol has.  -*- lexical-binding: t -*-

(require 'package)
(package-initialize)
(require 'eglot)
(require 'flymake)

(setq eglot-sync-connect 30
      eglot-confirm-server-initiated-edits nil
      eglot-autoshutdown nil
      make-backup-files nil
      create-lockfiles nil)
(add-to-list 'eglot-server-programs '(python-mode . ("macrohard-lsp" "--stdio")))

(defvar shop (file-name-as-directory (getenv "SHOP")))

(defun await (what seconds done)
  "Wait until DONE returns non-nil, and return that."
  (let ((end (+ (float-time) seconds)) got)
    (while (and (not (setq got (funcall done))) (< (float-time) end))
      (accept-process-output nil 0.2))
    (unless got
      (princ (format "waited in vain for %s\n" what))
      (kill-emacs 1))
    got))

(defun open-file (name)
  (let ((buffer (find-file-noselect (concat shop name))))
    (with-current-buffer buffer (eglot-ensure-now))
    buffer))

(defun eglot-ensure-now ()
  (unless (eglot-managed-p)
    (call-interactively #'eglot)))

(defun messages (buffer)
  "What Flymake shows in BUFFER."
  (with-current-buffer buffer
    (flymake-start)
    (mapcar #'flymake-diagnostic-text (flymake-diagnostics))))

(defun shows (buffer text)
  (seq-some (lambda (message) (string-match-p (regexp-quote text) message)) (messages buffer)))

(defvar tests (open-file "tests/test_basket.py"))
(defvar basket (open-file "shop/basket.py"))

(await "the failing test" 120 (lambda () (shows tests "test_total[prices2-5000] fails")))
(await "suspects" 120 (lambda () (shows basket "The failing tests point here")))

(with-current-buffer basket
  (goto-char (point-min))
  (search-forward "if subtotal > ")
  (let ((line (list (line-beginning-position) (line-end-position))))
    (await "the fix" 120
           (lambda ()
             (accept-process-output nil 0.5)
             (seq-some (lambda (action) (string-match-p "^Fix: use `>=`" (plist-get action :title)))
                       (apply #'eglot-code-actions (append line '("quickfix.macrohard"))))))
    (apply #'eglot-code-actions (append line '("quickfix.macrohard" t))))
  (await "the edit" 30
         (lambda () (save-excursion
                      (goto-char (point-min))
                      (search-forward "if subtotal >= FREE_SHIPPING_FROM:" nil t))))
  ;; Emacs sends changes when it is idle, which it never is in batch mode.
  (eglot--signal-textDocument/didChange)
  (save-buffer))

(await "the messages to go" 120 (lambda () (not (or (messages tests) (messages basket)))))
(let ((server (with-current-buffer basket (eglot-current-server))))
  (eglot-shutdown server))
(kill-emacs 0)
